import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256 } from '@fanlight/contracts'
import { readLimits } from '@fanlight/service-kit/limits'
import { forget, imagesNamed } from '../src/commands/retention.ts'
import type { CommandContext } from '../src/context.ts'

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
