import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderArtifacts } from '@fanlight/artifacts-fs'
import { sha256 } from '@fanlight/contracts'
import { systemClock } from '@fanlight/ports'
import { readLimits } from '@fanlight/service-kit/limits'
import { memoryStore } from '@fanlight/store-memory'
import { dropForgotten, forget, imagesNamed } from '../src/commands/retention.ts'
import type { CommandContext } from '../src/context.ts'
import { spec } from './samples.ts'

test('a folder stands for every photo in it, each once', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-forget-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const [name, content] of Object.entries({ a: 'one', b: 'two', c: 'one' }))
    await writeFile(join(folder, `${name}.jpg`), content)
  const context = { limits: readLimits({}), signal: new AbortController().signal }
  const images = await imagesNamed(context, folder)
  assert.deepEqual(images, [sha256(Buffer.from('one')), sha256(Buffer.from('two'))])
  assert.equal(await imagesNamed(context, '3f2a'), undefined)
})

test('an empty name is refused before anything is opened', async () => {
  await assert.rejects(forget({} as CommandContext, ' ', { yes: true }), { code: 'USAGE' })
})

test('what others refer to again, while files are being removed, stays', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-forget-'))
  t.after(() => rm(folder, { recursive: true }))
  const store = memoryStore({ clock: systemClock })
  const artifacts = await folderArtifacts({ folder })
  const keys: string[] = []
  for (let at = 0; at < 120; at++) keys.push(await artifacts.put(Buffer.from(`file ${at}`)))
  const again = keys.at(-1)!
  const detector = { ...spec.detector, sha256: again }
  const remove = async (key: string) => {
    await artifacts.delete(key)
    if (key === keys[0]) await store.putDetector('local', detector)
  }
  const files = { store, artifacts: { ...artifacts, delete: remove }, isCluster: true }
  assert.equal(await dropForgotten(files, new Set(keys)), 119)
  assert.deepEqual(await Array.fromAsync(artifacts.list()), [again])
})
