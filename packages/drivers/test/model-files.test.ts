import assert from 'node:assert/strict'
import fs, { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type DetectorRef, sha256 } from '@fanlight/contracts'
import { modelFiles } from '@fanlight/drivers'
import { type ArtifactStore, InputError } from '@fanlight/ports'

async function scratch(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-models-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

/** So many models, of 1,000 bytes each, and who was fetched when. */
function uploaded(count: number) {
  const models = Array.from({ length: count }, (_, index) => Buffer.alloc(1000, index + 1))
  const bySha256 = new Map(models.map((bytes) => [sha256(bytes), bytes]))
  const fetched: string[] = []
  const artifacts = {
    async get(key: string) {
      fetched.push(key)
      const bytes = bySha256.get(key)
      if (!bytes) throw new InputError('ARTIFACT_NOT_FOUND', 'no such artifact')
      return bytes
    },
  } as Pick<ArtifactStore, 'get'> as ArtifactStore
  const refs = [...bySha256.keys()].map((key) => ({ uri: `artifact:${key}`, sha256: key }) as DetectorRef)
  return { artifacts, refs, fetched }
}

/** From now on the file system is so, with half of a file written: to root, too, whom no permission stops. */
function failing(t: TestContext, code: string) {
  const write = fs.writeFile
  const mocked = t.mock.method(fs, 'writeFile', async (path: string, bytes: Uint8Array) => {
    await write(path, bytes.subarray(0, bytes.length / 2))
    throw Object.assign(new Error(`${code}: write`), { code, syscall: 'write' })
  })
  syncBuiltinESMExports()
  const mend = () => {
    mocked.mock.restore()
    syncBuiltinESMExports()
  }
  t.after(mend)
  return mend
}

function withFree(t: TestContext, freeBytes: () => number) {
  t.mock.method(fs, 'statfs', async () => ({ bavail: freeBytes() / 500, bsize: 500 }))
  syncBuiltinESMExports()
  t.after(() => {
    t.mock.restoreAll()
    syncBuiltinESMExports()
  })
}

const names = async (folder: string) => (await readdir(folder)).sort()

test('a path stays as it is; an artifact is fetched once, by however many, and kept for the next process', async (t) => {
  const folder = join(await scratch(t), 'made', 'when needed')
  const { artifacts, refs, fetched } = uploaded(1)
  const files = modelFiles({ artifacts, folder })
  assert.equal(await files({ ...refs[0]!, uri: '/models/a.onnx' }), '/models/a.onnx')
  const [path, same] = await Promise.all([files(refs[0]!), files(refs[0]!)])
  assert.equal(same, path)
  assert.equal(sha256(await readFile(path)), refs[0]!.sha256)
  assert.equal(await modelFiles({ artifacts, folder })(refs[0]!), path)
  assert.equal(fetched.length, 1)
  assert.deepEqual(await names(folder), [`${refs[0]!.sha256}.onnx`])
})

test('a file that is not the whole model is fetched again', async (t) => {
  const folder = await scratch(t)
  const { artifacts, refs, fetched } = uploaded(1)
  const files = modelFiles({ artifacts, folder })
  const path = await files(refs[0]!)
  // By this process, which knows its size, and by others, to whom its hash tells.
  await truncate(path, 500)
  await files(refs[0]!)
  assert.equal(sha256(await readFile(path)), refs[0]!.sha256)
  for (const broken of [Buffer.alloc(0), Buffer.alloc(500, 1), Buffer.alloc(1000, 77)]) {
    await writeFile(path, broken)
    await modelFiles({ artifacts, folder })(refs[0]!)
    assert.equal(sha256(await readFile(path)), refs[0]!.sha256)
  }
  assert.equal(fetched.length, 5)
})

test('a folder that takes nothing is a trouble of the machine that says its remedy, and leaves nothing', async (t) => {
  const { artifacts, refs } = uploaded(1)
  for (const [code, remedy] of [
    ['ENOSPC', /free some.*FANLIGHT_SCRATCH/],
    ['EDQUOT', /free some.*FANLIGHT_SCRATCH/],
    ['EROFS', /let this user write.*FANLIGHT_SCRATCH/],
    ['EACCES', /let this user write.*FANLIGHT_SCRATCH/],
  ] as const) {
    const folder = await scratch(t)
    const files = modelFiles({ artifacts, folder })
    const mend = failing(t, code)
    await assert.rejects(files(refs[0]!), (error: Error) => {
      assert.match(error.message, remedy)
      assert.ok(error.message.includes(folder))
      return 'code' in error && error.code === 'DISK_FULL' && 'retry' in error && error.retry === 'later'
    })
    assert.deepEqual(await names(folder), [], `${code} leaves a half`)
    mend()
    assert.equal((await stat(await files(refs[0]!))).size, 1000)
  }
})

test('what the artifacts say goes through as it is', async (t) => {
  const { artifacts } = uploaded(0)
  const absent = { uri: 'artifact:absent', sha256: sha256('absent') } as DetectorRef
  const files = modelFiles({ artifacts, folder: await scratch(t) })
  await assert.rejects(files(absent), { code: 'ARTIFACT_NOT_FOUND', retry: 'never' })
})

test('the files used longest ago make room', async (t) => {
  const folder = await scratch(t)
  const { artifacts, refs, fetched } = uploaded(4)
  const files = modelFiles({ artifacts, folder, maxBytes: 3000 })
  for (const [age, ref] of refs.slice(0, 3).entries()) {
    const used = new Date(Date.UTC(2026, 0, 1, age))
    await utimes(await files(ref), used, used)
  }
  await files(refs[0]!)
  await files(refs[3]!)
  assert.deepEqual(await names(folder), [0, 2, 3].map((index) => `${refs[index]!.sha256}.onnx`).sort())
  assert.equal(fetched.length, 4)
})

test('a small volume is filled to its half, however many come, and takes one that is larger than that', async (t) => {
  const folder = await scratch(t)
  const { artifacts, refs } = uploaded(8)
  let volume = 6000
  let held = 0
  withFree(t, () => volume - held)
  const files = modelFiles({ artifacts, folder })
  const counts: number[] = []
  for (const ref of refs) {
    if (counts.length === 6) volume = 1500
    await files(ref)
    const count = (await names(folder)).length
    held = 1000 * count
    counts.push(count)
  }
  assert.deepEqual(counts, [1, 2, 3, 3, 3, 3, 1, 1])
})
