import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Inspector, type ModelFile, type NetworkInspection, startInspector } from '@fanlight/inspect'
import type { CommandContext } from './context.ts'
import { Models } from './models.ts'

/** A network that somebody looks into, and where to ask for more of it. */
export interface Inspected {
  /** As the person may call it. */
  readonly name: string
  readonly file: ModelFile
  readonly network: NetworkInspection
  readonly inspector: Inspector
}

/**
 * Looks into a registered network or an ONNX file; one whose outputs nobody can read will do.
 * @throws InputError `MODEL_*`, `NOT_A_FILE`; TransientError `WORKER_*`
 */
export async function withInspected<T>(
  context: CommandContext,
  nameOrFile: string,
  look: (inspected: Inspected) => Promise<T>,
): Promise<T> {
  const { loadTimeoutMs, maxModelBytes, maxResidentBytes } = context.limits
  const { name, file } = await located(context, nameOrFile)
  await using inspector = startInspector({ loadTimeoutMs, maxModelBytes, maxResidentBytes })
  const network = await inspector.network(file)
  if (network.notRun !== null) {
    context.terminal.say(`not run, so shapes and cost are those that the file tells: ${network.notRun}`, 'yellow')
  }
  return await look({ name, file: { ...file, sha256: network.sha256 }, network, inspector })
}

/** A file of that name before a registered network: it need not be a detector that `Models` would recognise. */
async function located(context: CommandContext, nameOrFile: string): Promise<{ name: string; file: ModelFile }> {
  const isFile = await stat(nameOrFile).then(
    (status) => !status.isDirectory(),
    () => false,
  )
  if (isFile) return { name: basename(nameOrFile), file: { path: nameOrFile } }
  const { name, uri, sha256 } = await new Models(context).resolve(nameOrFile)
  return { name, file: { path: uri, sha256 } }
}
