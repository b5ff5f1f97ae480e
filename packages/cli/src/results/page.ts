import { join } from 'node:path'
import type { CommandContext } from '../context.ts'
import { refuseFile, writeWhole } from './whole-file.ts'

/**
 * Writes a page into a folder and says where it is.
 * @throws InputError `USAGE` when something else is in the folder's place
 */
export async function writePage(
  { terminal }: CommandContext,
  folder: string,
  file: string,
  page: string,
): Promise<void> {
  await refuseFile(folder)
  const path = join(folder, file)
  await writeWhole(path, page)
  terminal.say(`see ${path}`)
}
