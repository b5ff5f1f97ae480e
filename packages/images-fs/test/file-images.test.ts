import assert from 'node:assert/strict'
import { chmod, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { suite, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type ImageRef, sha256 } from '@fanlight/contracts'
import { fileImages, referenceImage } from '@fanlight/images-fs'
import { type ErrorCode, isFanlightError } from '@fanlight/ports'
import { Folder } from './folder.ts'

const limit = { maxBytes: 5_000_000 }
const onPosix = { skip: process.platform === 'win32' && 'names and pipes are of POSIX', timeout: 10_000 }

function is(code: ErrorCode, message = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isFanlightError(error), String(error))
    assert.deepEqual([error.code, error.retry], [code, 'never'])
    assert.match(error.message, message)
    return true
  }
}

const refOf = (path: string): ImageRef => ({ sha256: sha256('other'), uri: pathToFileURL(path).href, bytes: 5 })

suite('reference and read', () => {
  test('refers to a file by its hash, and reads the same bytes', async () => {
    await using folder = await Folder.make()
    for (const [name, bytes] of [
      ['empty', Buffer.alloc(0)],
      ['of a chunk', Buffer.alloc(2 ** 20, 'abc')],
      ['of more', Buffer.alloc(3_333_333, 'abc')],
    ] as const) {
      await writeFile(folder.at(name), bytes)
      const ref = await referenceImage(folder.at(name), limit)
      assert.deepEqual(ref, { sha256: sha256(bytes), uri: pathToFileURL(folder.at(name)).href, bytes: bytes.length })
      assert.ok(bytes.equals(await fileImages(limit).read(ref)))
    }
  })

  test('bears any name', onPosix, async () => {
    await using folder = await Folder.make()
    for (const name of [
      'a\u001b[31m\n.jpg',
      '<img src=x onerror=alert(1)>.png',
      'a?b#c%20d.jpg',
      '日本 é.webp',
      '-rf',
      ' ',
    ]) {
      await folder.add(name)
      const ref = await referenceImage(folder.at(name), limit)
      assert.equal(Buffer.from(await fileImages(limit).read(ref)).toString(), name)
    }
  })

  test('refuses what is no regular file, without waiting for it', onPosix, async () => {
    await using folder = await Folder.make()
    const pipe = folder.addPipe('pipe.jpg')
    await symlink(pipe, folder.at('link to pipe.jpg'))
    const socket = folder.at('socket')
    const server = createServer().listen(socket)
    await new Promise((resolve) => server.once('listening', resolve))
    const cases = [
      [pipe, /named pipe/],
      [folder.at('link to pipe.jpg'), /named pipe/],
      [folder.path, /folder/],
      ['/dev/zero', /device/],
      [socket, /socket/],
    ] as const
    for (const [path, message] of cases) {
      await assert.rejects(referenceImage(path, limit), is('NOT_A_FILE', message))
      await assert.rejects(fileImages(limit).read(refOf(path)), is('NOT_A_FILE', message))
    }
    server.close()
  })

  test('says what is not there, and why', onPosix, async () => {
    await using folder = await Folder.make()
    await folder.add('file')
    await symlink('nowhere', folder.at('dangling'))
    await symlink('loop', folder.at('loop'))
    const cases = [
      [folder.at('absent'), /is not there/],
      [folder.at('file', 'below'), /is not there/],
      [folder.at('dangling'), /link to what is not there/],
      [folder.at('loop'), /link/],
      [folder.at('x'.repeat(300)), /is not there/],
      ['nul\u0000byte', /is not there/],
    ] as const
    for (const [path, message] of cases)
      await assert.rejects(referenceImage(path, limit), is('INPUT_NOT_FOUND', message))
    for (const uri of ['s3://bucket/a.jpg', 'http://localhost/a.jpg', 'no uri', 'file:///a%2fb', 'file://host/a.jpg']) {
      await assert.rejects(fileImages(limit).read({ ...refOf('a'), uri }), is('INPUT_NOT_FOUND'))
    }
  })

  test('refuses a file above the limit before it reads it', async () => {
    await using folder = await Folder.make()
    await writeFile(folder.at('a.jpg'), Buffer.alloc(1001))
    const ref = await referenceImage(folder.at('a.jpg'), { maxBytes: 1001 })
    await assert.rejects(referenceImage(folder.at('a.jpg'), { maxBytes: 1000 }), is('IMAGE_TOO_LARGE', /1001.*1000/))
    await assert.rejects(fileImages({ maxBytes: 1000 }).read(ref), is('IMAGE_TOO_LARGE'))
  })

  test('refuses a file that says it is empty and is not', async (t) => {
    const endless = '/proc/self/pagemap'
    if (!(await stat(endless).catch(() => undefined))) return t.skip('needs /proc')
    await assert.rejects(referenceImage(endless, limit), is('IMAGE_TOO_LARGE'))
  })

  test('says that a file may not be read', async (t) => {
    if (!process.getuid || process.getuid() === 0) return t.skip('everything may be read here')
    await using folder = await Folder.make()
    await folder.add('secret.jpg')
    await chmod(folder.at('secret.jpg'), 0)
    await assert.rejects(referenceImage(folder.at('secret.jpg'), limit), is('IMAGE_UNREADABLE'))
  })

  test('notices that the file is another, be it of the same size and time', async () => {
    await using folder = await Folder.make()
    const path = folder.at('a.jpg')
    await writeFile(path, 'before')
    await utimes(path, 1, 1)
    const ref = await referenceImage(path, limit)
    await writeFile(path, 'behind')
    await utimes(path, 1, 1)
    await assert.rejects(fileImages(limit).read(ref), is('IMAGE_CHANGED'))
  })

  test('reads an image once for those who want it at once or soon, and again after others', async () => {
    await using folder = await Folder.make()
    await folder.add('a.jpg', 'b.jpg', 'c.jpg')
    const refs = await Promise.all(['a.jpg', 'b.jpg', 'c.jpg'].map((name) => referenceImage(folder.at(name), limit)))
    const images = fileImages({ ...limit, recentBytes: 10 })
    const [first, second] = await Promise.all([images.read(refs[0]!), images.read(refs[0]!)])
    assert.equal(first, second)
    assert.equal(await images.read(refs[0]!), first)
    await images.read(refs[1]!)
    await rm(folder.at('a.jpg'))
    assert.equal(await images.read(refs[0]!), first)
    await images.read(refs[2]!)
    await images.read(refs[1]!)
    await assert.rejects(images.read(refs[0]!), is('INPUT_NOT_FOUND'))
  })

  test('forgets a read that failed', async () => {
    await using folder = await Folder.make()
    await folder.add('a.jpg')
    const ref = await referenceImage(folder.at('a.jpg'), limit)
    const images = fileImages(limit)
    await rm(folder.at('a.jpg'))
    await assert.rejects(images.read(ref), is('INPUT_NOT_FOUND'))
    await folder.add('a.jpg')
    assert.equal(Buffer.from(await images.read(ref)).toString(), 'a.jpg')
  })
})
