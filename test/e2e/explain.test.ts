import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { Scratch } from './fanlight.ts'
import { greyPng } from './pictures.ts'

let scratch: Scratch
before(async () => {
  scratch = await Scratch.make()
  await mkdir(scratch.path('photos', 'inner'), { recursive: true })
  await scratch.sample(1, 'photos/one.jpg')
  await scratch.sample(2, 'photos/inner/two.jpg')
  await writeFile(scratch.path('nobody.png'), greyPng(80, 60))
})
after(() => scratch[Symbol.asyncDispose]())

const quick = ['--forwards', '66', '--workers', '2']

interface Row {
  readonly image: { path: string; width: number; height: number }
  readonly target: { id: string; box: number[]; label: string; score: number }
  readonly method: string
  readonly forwards: number
  readonly map: { path: string; shape: [number, number] }
  readonly interval: { path: string } | null
  readonly doubts: readonly { code: string }[] | null
  readonly explanation: string
}

/** Shape and values of an NPY 1.0 file of float32 in C order. */
async function readNpy(path: string): Promise<{ header: string; values: Float32Array }> {
  const bytes = await readFile(path)
  assert.equal(bytes.toString('latin1', 0, 8), '\x93NUMPY\x01\x00')
  const end = 10 + bytes.readUInt16LE(8)
  return {
    header: bytes.toString('latin1', 10, end),
    values: new Float32Array(Uint8Array.from(bytes.subarray(end)).buffer),
  }
}

test('explaining a folder leaves attributions, maps, overlays, times and a report', async () => {
  const { code, stdout, stderr } = await scratch.run([
    'explain',
    'photos',
    ...quick,
    '--method',
    'drise,box-gaussian',
    '--out',
    'out',
  ])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /photos\/one\.jpg +face +0\.\d\d +drise/)
  assert.match(stderr, /explanations of 2 photos/)
  const rows = await scratch.lines<Row>('out', 'attributions.ndjson')
  assert.ok(rows.length >= 4 && rows.length % 2 === 0)
  assert.deepEqual([...new Set(rows.map(({ image }) => image.path))].sort(), ['photos/inner/two.jpg', 'photos/one.jpg'])
  const keys = rows.map(({ target, method, image }) => `${target.id} ${method} ${image.path}`)
  assert.deepEqual(keys, keys.toSorted())
  for (const { image, target, method, forwards, map } of rows) {
    const { header, values } = await readNpy(scratch.path('out', map.path))
    assert.match(header, new RegExp(`'descr': '<f4', 'fortran_order': False, 'shape': \\(${map.shape.join(', ')}\\)`))
    assert.equal(values.length, map.shape[0] * map.shape[1])
    assert.ok(values.every(Number.isFinite) && new Set(values).size > 1)
    assert.ok(Math.max(...map.shape) >= 64)
    assert.equal(map.shape[1] > map.shape[0], image.width > image.height)
    assert.equal(forwards, method === 'drise' ? 66 : 0)
    assert.ok(target.box[0]! >= 0 && target.box[2]! <= image.width && target.box[3]! <= image.height)
  }
  const overlays = await readdir(scratch.path('out', 'overlays'))
  assert.equal(overlays.length, rows.length)
  const picture = await readFile(scratch.path('out', 'overlays', overlays[0]!))
  assert.equal(picture.toString('latin1', 1, 4), 'PNG')
  assert.match(await readFile(scratch.path('out', 'report.html'), 'utf8'), /^<!doctype html>/i)
  assert.equal((await scratch.lines('out', 'timings.ndjson')).length, 4)
})

test('a second run finds the work done; a run from nothing gives the same bytes', async () => {
  const command = ['explain', 'photos', ...quick, '--method', 'drise,box-gaussian']
  const again = await scratch.run([...command, '--out', 'again'])
  assert.equal(again.code, 0, again.stderr)
  assert.match(again.stderr, /nothing was left to do/)
  const elsewhere = await scratch.run([...command, '--workers', '1', '--no-overlays', '--out', 'elsewhere'], {
    home: 'other',
  })
  assert.equal(elsewhere.code, 0, elsewhere.stderr)
  assert.doesNotMatch(elsewhere.stderr, /nothing was left/)
  const durable = await scratch.durable('out')
  assert.deepEqual(await scratch.durable('again'), durable)
  assert.deepEqual(await scratch.durable('elsewhere'), durable)
  const fresh = await scratch.run([...command, '--fresh', '--no-overlays', '--out', 'fresh'])
  assert.equal(fresh.code, 0, fresh.stderr)
  assert.doesNotMatch(fresh.stderr, /nothing was left/)
})

test('--json puts the rows of the file, and nothing else, on stdout', async () => {
  const { code, stdout } = await scratch.run([
    'explain',
    'photos',
    ...quick,
    '--method',
    'drise,box-gaussian',
    '--json',
    '--out',
    'out',
  ])
  assert.equal(code, 0)
  assert.equal(stdout, await readFile(scratch.path('out', 'attributions.ndjson'), 'utf8'))
})

test('--dry-run tells the cost and stores nothing', async () => {
  const { code, stdout } = await scratch.run(
    ['explain', 'photos', '--forwards', '200', '--dry-run', '--json', '--out', 'dry'],
    { home: 'dry-home' },
  )
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(stdout), { photos: 2, unreadable: 0, forwardsPerPhoto: 200, forwards: 400 })
  await assert.rejects(readdir(scratch.path('dry')), { code: 'ENOENT' })
  assert.equal((await scratch.run(['jobs', 'list', '--json'], { home: 'dry-home' })).stdout, '')
})

test('a photo without detections is said, and is no error', async () => {
  const { code, stdout, stderr } = await scratch.run(['explain', 'nobody.png', ...quick, '--out', 'none'])
  assert.equal(code, 0, stderr)
  assert.equal(stdout, '')
  assert.match(stderr, /nobody\.png: no detection of at least 0\.3/)
  assert.equal(await readFile(scratch.path('none', 'attributions.ndjson'), 'utf8'), '')
})

test('what is wrong with a command is said at once, with exit code 2', async () => {
  await mkdir(scratch.path('empty'))
  await writeFile(scratch.path('best.pt'), 'PK')
  const wrong: [string[], RegExp][] = [
    [['explain', 'empty'], /no photos in "empty"/],
    [['explain', 'nowhere.jpg'], /nowhere\.jpg/],
    [['explain', 'photos', '--model', 'best.pt'], /yolo export model=best\.pt format=onnx/],
    [['explain', 'photos', '--model', 'absent.onnx'], /absent\.onnx/],
    [['explain', 'photos', '--method', 'gradcam'], /drise/],
    [['explain', 'photos', '--forwrds', '3'], /Did you mean --forwards\?/],
    [['explain', 'photos', '--min-score', '3'], /0 to 1/],
    [['explian', 'photos'], /Did you mean explain\?/],
    [['jobs', 'show', 'ffff'], /no job "ffff"/],
    [['forget', 'ffff'], /no job/],
  ]
  for (const [args, said] of wrong) {
    const { code, stdout, stderr } = await scratch.run(args)
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`)
    assert.match(stderr, said)
    assert.equal(stdout, '')
  }
})

test('bad photos fail alone: the others are explained, exit code 3, and each is told with its reason', async () => {
  const folder = scratch.path('mixed')
  await mkdir(folder)
  await scratch.sample(1, 'mixed/good.jpg')
  await scratch.sample(1, 'mixed/same-again.jpg')
  const good = await readFile(scratch.path('mixed/good.jpg'))
  await writeFile(`${folder}/cut.jpg`, good.subarray(0, good.length / 2))
  await writeFile(`${folder}/fake.jpg`, 'this is no photo')
  await writeFile(`${folder}/drawing.jpg`, '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
  await writeFile(`${folder}/bomb.png`, greyPng(20_000, 20_000, 10))
  await writeFile(`${folder}/\u001b[31m<b>\u202egpj.jpg`, 'neither is this')
  await symlink('nowhere.jpg', `${folder}/dangling.jpg`)
  await promisify(execFile)('mkfifo', [`${folder}/pipe.jpg`])
  const { code, stderr } = await scratch.run(['explain', 'mixed', ...quick, '--out', 'mixed-out'])
  assert.equal(code, 3, stderr)
  assert.ok(!stderr.includes('\u001b') && !stderr.includes('\u202e'))
  assert.ok(stderr.includes('\\e[31m<b>\\u{202e}gpj.jpg'))
  const failures = await scratch.lines<{ image: { path: string }; code: string; message: string }>(
    'mixed-out',
    'failures.ndjson',
  )
  assert.deepEqual(Object.fromEntries(failures.map(({ image, code: reason }) => [image.path, reason])), {
    'mixed/cut.jpg': 'IMAGE_UNREADABLE',
    'mixed/fake.jpg': 'IMAGE_UNREADABLE',
    'mixed/drawing.jpg': 'IMAGE_UNSUPPORTED',
    'mixed/bomb.png': 'IMAGE_TOO_LARGE',
    'mixed/\u001b[31m<b>\u202egpj.jpg': 'IMAGE_UNREADABLE',
    'mixed/dangling.jpg': 'INPUT_NOT_FOUND',
    'mixed/pipe.jpg': 'NOT_A_FILE',
  })
  const rows = await scratch.lines<Row>('mixed-out', 'attributions.ndjson')
  const byPath = Map.groupBy(rows, ({ image }) => image.path)
  assert.deepEqual([...byPath.keys()].sort(), ['mixed/good.jpg', 'mixed/same-again.jpg'])
  assert.deepEqual(
    byPath.get('mixed/good.jpg')!.map(({ target }) => target.id),
    byPath.get('mixed/same-again.jpg')!.map(({ target }) => target.id),
  )
  const report = await readFile(scratch.path('mixed-out', 'report.html'), 'utf8')
  assert.ok(!report.includes('\u001b') && !report.includes('\u202e') && !report.includes('31m<b>'))
})

test('verify makes maps again byte for byte, and finds a map that was changed', async () => {
  const fine = await scratch.run(['verify', 'out'])
  assert.equal(fine.code, 0, fine.stderr)
  assert.match(fine.stderr, /4 of 4 explanations made again/)
  const [row] = await scratch.lines<Row>('again', 'attributions.ndjson')
  const map = scratch.path('again', row!.map.path)
  const bytes = await readFile(map)
  bytes[bytes.length - 1]! ^= 1
  await writeFile(map, bytes)
  const changed = await scratch.run(['verify', 'again'])
  assert.equal(changed.code, 1)
  assert.match(changed.stderr, /holds another map/)
  assert.equal((await scratch.run(['verify', row!.explanation])).code, 0)
  assert.equal((await scratch.run(['verify', '0'.repeat(64)])).code, 1)
})

test('intervals lie beside their maps, and a map that should not be believed says so wherever it is shown', async () => {
  const asked = ['explain', 'photos/one.jpg', '--method', 'lime', '--forwards', '30', '--out', 'intervals']
  const { code, stdout, stderr } = await scratch.run(asked)
  assert.equal(code, 0, stderr)
  const rows = await scratch.lines<Row>('intervals', 'attributions.ndjson')
  for (const { map, interval } of rows) {
    const { header, values } = await readNpy(scratch.path('intervals', interval!.path))
    assert.equal(header, (await readNpy(scratch.path('intervals', map.path))).header)
    assert.ok(values.every((halfWidth) => halfWidth >= 0) && Math.max(...values) > 0)
  }
  const doubtful = rows.filter(({ doubts }) => doubts!.length > 0)
  assert.ok(doubtful.length > 0, 'so few forwards for 64 cells')
  assert.equal(stdout.split('⚠').length - 1, doubtful.length)
  const report = await readFile(scratch.path('intervals', 'report.html'), 'utf8')
  assert.equal(report.split('class="doubtful"').length - 1, doubtful.length)
  assert.equal((await scratch.run(['verify', 'intervals'])).code, 0)
  await writeFile(scratch.path('intervals', rows[0]!.interval!.path), 'narrower')
  const changed = await scratch.run(['verify', 'intervals'])
  assert.equal(changed.code, 1)
  assert.match(changed.stderr, /interval\.npy holds another map/)
})

test('forget removes an image from every job, and gc what nothing refers to', async () => {
  const rows = await scratch.lines<Row>('out', 'attributions.ndjson')
  const { explanation } = rows.find(({ image }) => image.path === 'photos/one.jpg')!
  const unasked = await scratch.run(['forget', 'photos/one.jpg'])
  assert.equal(unasked.code, 2)
  assert.match(unasked.stderr, /--yes/)
  const forgot = await scratch.run(['forget', 'photos/one.jpg', '--yes'])
  assert.equal(forgot.code, 0, forgot.stderr)
  assert.equal((await scratch.run(['verify', explanation])).code, 1)
  const gone = await scratch.run(['gc', '--older-than-days', '0'])
  assert.equal(gone.code, 0, gone.stderr)
  assert.equal((await scratch.run(['jobs', 'list', '--json'])).stdout, '')
  assert.deepEqual(
    (await readdir(scratch.path('home', 'artifacts'), { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    ),
    [],
  )
})
