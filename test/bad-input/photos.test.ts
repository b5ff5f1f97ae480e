import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { nanModel, plainPhoto } from '../../packages/detector/test/synthetic.ts'
import { Scratch } from '../e2e/fanlight.ts'

// Photos among good ones are in test/e2e/explain.test.ts, formats in packages/image.

let scratch: Scratch
before(async () => {
  scratch = await Scratch.make()
  await mkdir(scratch.path('photos'))
  await writeFile(scratch.path('model.onnx'), nanModel('dull'))
})
after(() => scratch[Symbol.asyncDispose]())

const explain = (path: string, out = 'out') =>
  scratch.run(['explain', path, '--model', 'model.onnx', '--forwards', '22', '--workers', '1', '--out', out])

test('a good photo with an evil name is explained under it, and the name steers neither terminal nor page', async () => {
  const name = '\u001b[31m<img src=x onerror=alert(1)>\u202egpj.bmp'
  await writeFile(scratch.path('photos', name), plainPhoto(0))
  const { code, stdout, stderr } = await explain('photos')
  assert.equal(code, 0, stderr)
  const report = await readFile(scratch.path('out', 'report.html'), 'utf8')
  for (const text of [stdout, stderr, report]) assert.ok(!text.includes('\u001b') && !text.includes('\u202e'), text)
  assert.match(stdout, /\\e\[31m/)
  assert.ok(!report.includes('<img src=x'))
  const [row] = await scratch.lines<{ image: { path: string }; map: { path: string } }>('out', 'attributions.ndjson')
  assert.equal(row!.image.path, `photos/${name}`)
  assert.match(row!.map.path, /^maps\/[\w.-]+\.npy$/)
})

test('a job of nothing but bad photos ends, with each of them told', async () => {
  await mkdir(scratch.path('bad'))
  await promisify(execFile)('mkfifo', [scratch.path('bad/pipe.png')])
  await symlink('dangling.png', scratch.path('bad/dangling.png'))
  await writeFile(scratch.path('bad/cut.bmp'), plainPhoto(0).subarray(0, 500))
  const { code, stdout, stderr } = await explain('bad', 'bad-out')
  assert.deepEqual([code, stdout], [3, ''], stderr)
  for (const name of ['pipe.png: ', 'dangling.png: ', 'cut.bmp (focus): '])
    assert.ok(stderr.includes(`bad/${name}`), stderr)
  assert.equal(await readFile(scratch.path('bad-out', 'attributions.ndjson'), 'utf8'), '')
})

test('bad photos named one by one are told, and none hangs', async () => {
  for (const [path, said] of [
    ['bad/pipe.png', 'NOT_A_FILE'],
    ['bad/dangling.png', 'INPUT_NOT_FOUND'],
    ['bad/cut.bmp', 'IMAGE_UNREADABLE'],
  ] as const) {
    const { code, stderr } = await explain(path, 'one-out')
    assert.ok(code === 2 || code === 3, stderr)
    assert.ok(stderr.includes(path) && stderr.includes(said), stderr)
    assert.doesNotMatch(stderr, /mistake in Fanlight/)
  }
})
