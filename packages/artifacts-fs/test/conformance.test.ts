import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folderArtifacts } from '@fanlight/artifacts-fs'
import { testArtifactStore } from '@fanlight/conformance'

testArtifactStore('folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-artifacts-'))
  return {
    store: await folderArtifacts({ folder }),
    damage: (key, bytes) => writeFile(join(folder, key.slice(0, 2), key), bytes),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
})
