import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { systemClock } from '@fanlight/ports'
import { openStore } from '@fanlight/store'

interface Ending {
  after(fn: () => Promise<void>): void
}

/** A folder of its own for the test, gone when it ends. */
export async function newFolder(t: Ending): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-store-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Makes an empty store once (initdb takes seconds). @returns what copies it for a test */
export async function storeTemplate(suite: Ending): Promise<(t: TestContext) => Promise<string>> {
  const template = await newFolder(suite)
  await (await openStore({ folder: template, clock: systemClock }))[Symbol.asyncDispose]()
  return async (t) => {
    const folder = await newFolder(t)
    await cp(template, folder, { recursive: true })
    return folder
  }
}
