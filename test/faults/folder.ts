import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder that others may pass through: PostgreSQL never runs as root, and takes another user then. */
export async function passableFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-faults-'))
  await chmod(folder, 0o711)
  return folder
}
