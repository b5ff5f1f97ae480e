import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { folderArtifacts } from '@fanlight/artifacts-fs'
import { sha256 } from '@fanlight/contracts'
import type { TransientError } from '@fanlight/ports'

const putScript = fileURLToPath(new URL('./fixtures/put.ts', import.meta.url))

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'fanlight-artifacts-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

suite('folder artifacts', () => {
  test('keeps an artifact in a folder named for the first two digits of its key', async () => {
    await using folder = await temporaryFolder()
    const store = await folderArtifacts({ folder: join(folder.path, 'not', 'there', 'yet') })
    const key = await store.put(Buffer.from('a'))
    const path = join(folder.path, 'not', 'there', 'yet', key.slice(0, 2), key)
    assert.equal(await readFile(path, 'utf8'), 'a')
  })

  test('lists nothing but artifacts', async () => {
    await using folder = await temporaryFolder()
    const store = await folderArtifacts({ folder: folder.path })
    const key = await store.put(Buffer.from('a'))
    await writeFile(join(folder.path, 'README'), 'a note')
    await writeFile(join(folder.path, key.slice(0, 2), '.DS_Store'), '')
    await mkdir(join(folder.path, 'zz'))
    await mkdir(join(folder.path, key.startsWith('00') ? '01' : '00'))
    await writeFile(join(folder.path, key.startsWith('00') ? '01' : '00', key), 'misplaced')
    assert.deepEqual(await Array.fromAsync(store.list()), [key])
  })

  test('repairs what was damaged when the same bytes are put again', async () => {
    await using folder = await temporaryFolder()
    const store = await folderArtifacts({ folder: folder.path })
    const key = await store.put(Buffer.from('whole'))
    for (const damaged of ['wh', 'whale', 'wholesome', '']) {
      await writeFile(join(folder.path, key.slice(0, 2), key), damaged)
      await store.put(Buffer.from('whole'))
      assert.equal(Buffer.from(await store.get(key)).toString(), 'whole')
    }
  })

  test('removes what a process that is gone left unfinished, and nothing that may be at work', async () => {
    await using folder = await temporaryFolder()
    const unfinished = join(folder.path, 'unfinished')
    await mkdir(unfinished)
    await writeFile(join(unfinished, 'old'), '')
    await writeFile(join(unfinished, 'new'), '')
    const anHourAgo = Date.now() / 1000 - 3600
    await utimes(join(unfinished, 'old'), anHourAgo, anHourAgo)
    await folderArtifacts({ folder: folder.path })
    assert.deepEqual(await readdir(unfinished), ['new'])
  })

  test('says that the disk is full, leaves nothing half written, and goes on when there is room', async (t) => {
    if (process.platform === 'win32') return t.skip('needs ulimit')
    await using folder = await temporaryFolder()
    // A limit on the size of files is the full disk that everybody can have: the write fails half way, with EFBIG.
    const limited = 'ulimit -f 100; exec "$@"'
    const arguments_ = ['-c', limited, 'sh', process.execPath, putScript, folder.path, '1000', '1000000', '2000']
    const { stdout } = await promisify(execFile)('sh', arguments_)
    const [small, large, next] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.equal(small, sha256(Buffer.alloc(1000, 1)))
    assert.deepEqual([large.code, large.retry], ['DISK_FULL', 'later'])
    assert.ok(large.message.includes(folder.path))
    assert.equal(next, sha256(Buffer.alloc(2000, 3)))
    assert.deepEqual(await readdir(join(folder.path, 'unfinished')), [])
    const store = await folderArtifacts({ folder: folder.path })
    assert.deepEqual(await Array.fromAsync(store.list()), [small, next].sort())
  })

  test('says which folder cannot be written to, and why, and goes on when it can', async () => {
    await using folder = await temporaryFolder()
    const store = await folderArtifacts({ folder: folder.path })
    const unfinished = join(folder.path, 'unfinished')
    // A file in the place of a folder stops even root, whom permissions do not.
    await rm(unfinished, { recursive: true })
    await writeFile(unfinished, '')
    await assert.rejects(store.put(Buffer.from('a')), (error: TransientError) => {
      assert.deepEqual([error.code, error.retry], ['STORE_UNAVAILABLE', 'later'])
      assert.ok(error.message.includes(folder.path) && error.message.includes('ENOTDIR'), error.message)
      return true
    })
    await rm(unfinished)
    await mkdir(unfinished)
    await store.put(Buffer.from('a'))
  })

  test('holds only whole artifacts after its process was killed', async () => {
    await using folder = await temporaryFolder()
    const sizes = Array.from({ length: 400 }, (_, index) => String(500_000 + index))
    const writer = spawn(process.execPath, [putScript, folder.path, ...sizes], { stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    writer.stdout.on('data', (chunk) => {
      printed += chunk
      if (printed.split('\n').length > 5) writer.kill('SIGKILL')
    })
    await new Promise((resolve) => writer.once('close', resolve))
    await sleep(10)
    const store = await folderArtifacts({ folder: folder.path })
    const held = await Array.fromAsync(store.list())
    assert.ok(held.length < sizes.length, 'the writer was not killed in time')
    for (const line of printed.trim().split('\n')) assert.ok(held.includes(JSON.parse(line)))
    for (const key of held) await store.get(key)
  })
})
