import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ZodType } from 'zod'

/** What was made once and written down; made now where it was not, so that a stopped run goes on where it was. */
export async function kept<T>(path: string, schema: ZodType<T>, make: () => Promise<T>): Promise<T> {
  if (existsSync(path)) return schema.parse(JSON.parse(await readFile(path, 'utf8')))
  const made = await make()
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.part`, JSON.stringify(made))
  await rename(`${path}.part`, path)
  return made
}
