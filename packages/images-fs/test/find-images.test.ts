import assert from 'node:assert/strict'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { suite, test } from 'node:test'
import { type FindOptions, findImages, referenceImages } from '@fanlight/images-fs'
import { InputError } from '@fanlight/ports'
import { Folder } from './folder.ts'

const limit = { maxBytes: 1000 }
const onPosix = { skip: process.platform === 'win32' && 'names, links and pipes are of POSIX', timeout: 10_000 }

/** `name`, or `name CODE`, the folder's own path left out. */
async function found(folder: Folder, paths: readonly string[], options: FindOptions = limit): Promise<string[]> {
  const all = await Array.fromAsync(findImages(paths, options))
  return all.map(({ name, failure }) => name.replace(`${folder.path}/`, '') + (failure ? ` ${failure.code}` : ''))
}

suite('find images', () => {
  test('takes images of a folder and those below, by name, and nothing else', async () => {
    await using folder = await Folder.make()
    await folder.add('b.jpg', 'a/2.PNG', 'a/10.webp', 'a.jpeg', 'a/deep/er/x.gif', 'é.avif', 'B.bmp', 't.TiF', 't.tiff')
    await folder.add(
      'notes.txt',
      'jpg',
      '.hidden.jpg',
      '.git/x.jpg',
      'node_modules/p/x.jpg',
      'drawing.svg',
      'a.jpg.part',
    )
    const names = ['B.bmp', 'a.jpeg', 'a/10.webp', 'a/2.PNG', 'a/deep/er/x.gif', 'b.jpg', 't.TiF', 't.tiff', 'é.avif']
    assert.deepEqual(await found(folder, [folder.path]), names)
    assert.deepEqual([...names].sort(), names)
  })

  test('names files as they were named, and says where they are', async () => {
    await using folder = await Folder.make()
    await folder.add('a/1.jpg', 'note')
    const path = folder.at('a', '1.jpg')
    for (const given of [folder.at('a'), `${folder.at('a')}/`, `${folder.at('a')}///`]) {
      assert.deepEqual(await Array.fromAsync(findImages([given], limit)), [{ name: path, path }])
    }
    const here = process.cwd()
    try {
      process.chdir(folder.path)
      assert.deepEqual(await Array.fromAsync(findImages(['.', './a', 'note'], limit)), [
        { name: 'a/1.jpg', path },
        { name: './a/1.jpg', path },
        { name: 'note', path: folder.at('note') },
      ])
    } finally {
      process.chdir(here)
    }
  })

  test('refuses a path that is not there before it finds anything', async () => {
    await using folder = await Folder.make()
    await folder.add('a.jpg')
    const search = findImages([folder.path, folder.at('absent')], limit)
    await assert.rejects(search.next(), (error) => error instanceof InputError && error.code === 'INPUT_NOT_FOUND')
  })

  test('tells of each file that cannot be taken, in its place, and goes on', onPosix, async () => {
    await using folder = await Folder.make()
    await folder.add('a.jpg', 'z.jpg')
    folder.addPipe('b.jpg')
    folder.addPipe('pipe')
    await symlink('nowhere', folder.at('c.jpg'))
    await symlink('nowhere', folder.at('no image'))
    await writeFile(folder.at('d.jpg'), Buffer.alloc(1001))
    await mkdir(folder.at('e.jpg'))
    const within = ['a.jpg', 'b.jpg NOT_A_FILE', 'c.jpg INPUT_NOT_FOUND', 'd.jpg IMAGE_TOO_LARGE', 'z.jpg']
    assert.deepEqual(await found(folder, [folder.path]), within)
    const named = ['pipe', 'c.jpg', 'd.jpg', 'a.jpg'].map((name) => folder.at(name))
    const expected = ['pipe NOT_A_FILE', 'c.jpg INPUT_NOT_FOUND', 'd.jpg IMAGE_TOO_LARGE', 'a.jpg']
    assert.deepEqual(await found(folder, named), expected)
  })

  test('follows links to files and folders elsewhere, and none that lead back', onPosix, async () => {
    await using folder = await Folder.make()
    await folder.add('data/z/1.jpg', 'elsewhere/2.jpg', 'elsewhere/deep/3.jpg')
    await symlink('.', folder.at('data', 'self'))
    await symlink('../..', folder.at('data', 'z', 'up'))
    await symlink('z', folder.at('data', 'a-link-within'))
    await symlink('../elsewhere', folder.at('data', 'out'))
    await symlink('../elsewhere', folder.at('data', 'out again'))
    await symlink('..', folder.at('elsewhere', 'deep', 'loop'))
    await symlink('../elsewhere/2.jpg', folder.at('data', 'linked.jpg'))
    const expected = ['linked.jpg', 'out again/2.jpg', 'out again/deep/3.jpg', 'z/1.jpg']
    assert.deepEqual(
      await found(folder, [folder.at('data')]),
      expected.map((name) => `data/${name}`),
    )
    await symlink('data', folder.at('entry'))
    assert.deepEqual(
      await found(folder, [folder.at('entry')]),
      expected.map((name) => `entry/${name}`),
    )
  })

  test('goes no deeper than its limit, and says so', async () => {
    await using folder = await Folder.make()
    await folder.add('1/2/3/x.jpg', '1/2/x.jpg')
    assert.deepEqual(await found(folder, [folder.path], { ...limit, maxDepth: 2 }), [
      '1/2/3/ INPUT_NOT_FOUND',
      '1/2/x.jpg',
    ])
  })

  test('passes odd names on as they are', onPosix, async () => {
    await using folder = await Folder.make()
    const names = ['<b>&"\'.jpg', 'a\n\u001b[2J.png', 'back\\slash.jpg', '\u202egpj.exe.jpg']
    await folder.add(...names)
    assert.deepEqual(await found(folder, [folder.path]), names)
  })

  test('survives names that are no UTF-8', onPosix, async (t) => {
    await using folder = await Folder.make()
    await folder.add('a.jpg')
    const odd = Buffer.concat([Buffer.from(`${folder.path}/b`), Buffer.of(0xff, 0xfe), Buffer.from('.jpg')])
    const made = await writeFile(odd, 'x').then(
      () => readFile(odd),
      () => undefined,
    )
    if (!made) return t.skip('this file system refuses them itself')
    const [, second] = await Array.fromAsync(findImages([folder.path], limit))
    assert.match(second?.failure?.message ?? '', /no UTF-8: rename it/)
  })

  test('finds nothing in an empty folder', async () => {
    await using folder = await Folder.make()
    assert.deepEqual(await found(folder, [folder.path]), [])
    assert.deepEqual(await found(folder, []), [])
  })

  test('refers to what it found, and to the same bytes under two names', onPosix, async () => {
    await using folder = await Folder.make()
    await writeFile(folder.at('a.jpg'), 'same')
    await writeFile(folder.at('b.jpg'), 'same')
    folder.addPipe('c.jpg')
    const [a, b, c] = await Array.fromAsync(referenceImages([folder.path], limit))
    assert.equal(a?.image?.sha256, b?.image?.sha256)
    assert.notEqual(a?.name, b?.name)
    assert.equal(c?.failure?.code, 'NOT_A_FILE')
  })
})
