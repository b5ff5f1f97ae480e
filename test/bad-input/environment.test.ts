import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { appendFile, cp, mkdir, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { nanModel, plainPhoto } from '../../packages/detector/test/synthetic.ts'
import { Scratch } from '../e2e/fanlight.ts'

const run = promisify(execFile)

let scratch: Scratch
before(async () => {
  scratch = await Scratch.make()
  await mkdir(scratch.path('photos'))
  await writeFile(scratch.path('photos/black.bmp'), plainPhoto(0))
  await writeFile(scratch.path('photos/dark.bmp'), plainPhoto(9))
  await writeFile(scratch.path('model.onnx'), nanModel('dull'))
  const first = await explain('out')
  assert.equal(first.code, 0, first.stderr)
})
after(() => scratch[Symbol.asyncDispose]())

/** Of a method whose budget can be as large as the time that a test takes. */
const asked = ['explain', 'photos', '--model', 'model.onnx', '--method', 'drise']

function explain(out: string, { home = 'home', forwards = 12, more = ['--workers', '1'] } = {}) {
  const options = ['--forwards', String(forwards), '--no-overlays', '--out', out, ...more]
  return scratch.run([...asked, ...options], { home })
}

/** A disk of its own for a data folder; undefined where it takes rights that this process does not have. */
async function smallDisk(folder: string, bytes: number): Promise<AsyncDisposable | undefined> {
  await mkdir(folder)
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'none', folder])
  } catch {
    return undefined
  }
  return {
    async [Symbol.asyncDispose]() {
      await run('umount', ['--lazy', folder])
    },
  }
}

/** Takes all the room that a disk has left, but `spare` bytes. */
async function fill(folder: string, file: string, spare: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  await appendFile(file, Buffer.alloc(Math.max(0, bavail * bsize - spare)))
}

const MIB = 2 ** 20
const noMount = 'mounting a small disk takes root’s rights'

test('a full disk is said, and when there is room again the same command goes on to the same bytes', async (t) => {
  await using disk = await smallDisk(scratch.path('disk'), 120 * MIB)
  if (!disk) return t.skip(noMount)
  await cp(scratch.path('home'), scratch.path('disk', 'home'), { recursive: true })
  for (const spare of [0, 32 * 1024, 8 * MIB]) {
    await fill(scratch.path('disk'), scratch.path('disk', `filler ${spare}`), spare)
    const full = await explain('full', { home: 'disk/home', forwards: 3000 })
    assert.deepEqual([full.code, full.stdout], [2, ''], full.stderr)
    assert.match(full.stderr, /disk.* full.*free some.*\(DISK_FULL\)/)
    await rm(scratch.path('disk', `filler ${spare}`))
  }
  const freed = await explain('full', { home: 'disk/home', forwards: 3000 })
  assert.equal(freed.code, 0, freed.stderr)
  const roomy = await explain('roomy', { forwards: 3000 })
  assert.equal(roomy.code, 0, roomy.stderr)
  assert.deepEqual(await scratch.durable('full'), await scratch.durable('roomy'))
})

test('a disk that fills up while a job runs ends the command, not the job', async (t) => {
  await using disk = await smallDisk(scratch.path('crowded'), 120 * MIB)
  if (!disk) return t.skip(noMount)
  const home = 'crowded/home'
  await cp(scratch.path('home'), scratch.path(home), { recursive: true })
  const working = scratch.start([...asked, '--forwards', '20000', '--no-overlays', '--out', 'crowded-out'], { home })
  await untilHeldBy(working.pid, home)
  await sleep(4000)
  // While it works, the disk fills up to less than the journal's next file.
  await fill(scratch.path('crowded'), scratch.path('crowded', 'filler'), 8 * MIB)
  const { code, stderr } = await working.ended
  assert.equal(code, 2, stderr)
  assert.match(stderr, /is full.*\(DISK_FULL\)/)
  await rm(scratch.path('crowded', 'filler'))
  const listed = await scratch.run(['jobs', 'list'], { home })
  assert.equal(listed.code, 0, listed.stderr)
  assert.match(listed.stdout, /running/)
})

test('a disk too small to begin on, or for the results, is said too', async (t) => {
  await using disk = await smallDisk(scratch.path('tiny'), 16 * MIB)
  if (!disk) return t.skip(noMount)
  const begun = await explain('tiny-out', { home: 'tiny/home' })
  assert.equal(begun.code, 2, begun.stderr)
  assert.match(begun.stderr, /disk of .*tiny.* is full: .* needs 64 MiB.*\(DISK_FULL\)/)
  await rm(scratch.path('tiny', 'home'), { recursive: true, force: true })
  await fill(scratch.path('tiny'), scratch.path('tiny', 'filler'), 0)
  const written = await explain('tiny/out')
  assert.equal(written.code, 2, written.stderr)
  assert.match(written.stderr, /no room to write .*tiny.*run the same command again \(DISK_FULL\)/)
  await rm(scratch.path('tiny', 'filler'))
  const again = await explain('tiny/out')
  assert.equal(again.code, 0, again.stderr)
  assert.deepEqual(await scratch.durable('tiny/out'), await scratch.durable('out'))
})

test('a place for results that is a file is said before any work', async () => {
  await writeFile(scratch.path('taken'), '')
  const { code, stderr } = await explain('taken', { home: 'unused' })
  assert.equal(code, 2)
  assert.match(stderr, /"taken" is no folder.*--out/)
  await assert.rejects(readdir(scratch.path('unused')), { code: 'ENOENT' })
  const below = await explain('taken/deeper')
  assert.equal(below.code, 2)
  assert.match(below.stderr, /cannot write .*taken.* name a folder that can be written to/)
})

test('a data folder that is none, or whose database was damaged, is named with the way out', async () => {
  await cp(scratch.path('home'), scratch.path('garbled'), { recursive: true })
  const files = await readdir(scratch.path('garbled', 'db', 'base'), { recursive: true, withFileTypes: true })
  for (const file of files.filter((entry) => entry.isFile())) {
    await writeFile(`${file.parentPath}/${file.name}`, Buffer.alloc(8192, 0xa5))
  }
  await cp(scratch.path('home'), scratch.path('locked'), { recursive: true })
  await writeFile(scratch.path('locked', 'lock.sqlite'), Buffer.alloc(8192, 0xa5))
  for (const home of ['taken', 'taken/below', 'garbled', 'locked']) {
    const { code, stderr } = await scratch.run(['jobs', 'list'], { home })
    assert.equal(code, 2, stderr)
    assert.ok(stderr.includes(scratch.path(home)), stderr)
    assert.match(stderr, /FANLIGHT_HOME.*\(STORE_UNAVAILABLE\)/)
  }
})

interface Row {
  readonly explanation: string
}

test('garbage in what is stored of an explanation is found by verify, and mended by --fresh', async () => {
  await cp(scratch.path('home'), scratch.path('rotten'), { recursive: true })
  const rows = await scratch.lines<Row>('out', 'attributions.ndjson')
  const ids = new Set(rows.map(({ explanation }) => explanation))
  const sound = await scratch.run(['verify', 'out'], { home: 'rotten' })
  assert.equal(sound.code, 0, sound.stderr)
  const artifacts = await readdir(scratch.path('rotten', 'artifacts'), { recursive: true, withFileTypes: true })
  for (const file of artifacts.filter((entry) => entry.isFile())) {
    await writeFile(`${file.parentPath}/${file.name}`, 'garbage')
  }
  const { code, stderr } = await scratch.run(['verify', 'out'], { home: 'rotten' })
  assert.equal(code, 1, stderr)
  for (const id of ids) assert.match(stderr, new RegExp(`${id}: ARTIFACT_CORRUPT: .*no longer has its hash`))
  const shown = await explain('elsewhere', { home: 'rotten' })
  assert.equal(shown.code, 2, shown.stderr)
  assert.match(shown.stderr, /--fresh.*\(ARTIFACT_CORRUPT\)/)
  const fresh = await explain('elsewhere', { home: 'rotten', more: ['--workers', '1', '--fresh'] })
  assert.equal(fresh.code, 0, fresh.stderr)
  assert.equal((await scratch.run(['verify', 'elsewhere'], { home: 'rotten' })).code, 0)
})

test('a second process on a data folder that works is refused, and the first one does not notice', async () => {
  const first = scratch.start([...asked, '--forwards', '20000', '--no-overlays', '--out', 'first'], { home: 'home' })
  await untilHeldBy(first.pid, 'home')
  const second = await explain('second')
  assert.notEqual(second.code, 0)
  assert.match(second.stderr, /home is in use by process \d+: end it, or set FANLIGHT_HOME.*\(STORE_LOCKED\)/)
  first.kill('SIGINT')
  const { code, stderr } = await first.ended
  assert.equal(code, 130, stderr)
  assert.match(stderr, /The same command goes on from there/)
})

/** Whoever is first gets the folder: the other must not come before. */
async function untilHeldBy(pid: number | undefined, home: string) {
  for (let turn = 0; turn < 300; turn++) {
    const text = await readFile(scratch.path(home, 'holder.json'), 'utf8').catch(() => '{}')
    if ((JSON.parse(text) as { pid?: number }).pid === pid) return
    await sleep(100)
  }
  assert.fail('the first process never took the folder')
}

test('a limit that is no number is said with its name', async () => {
  const { code, stderr } = await scratch.run(['explain', 'photos'], { env: { FANLIGHT_SHARD_TIMEOUT_MS: 'soon' } })
  assert.equal(code, 2)
  assert.match(stderr, /FANLIGHT_SHARD_TIMEOUT_MS is "soon"/)
})

test('the results of the first run are whole after all this', async () => {
  const { code, stderr } = await scratch.run(['verify', 'out'])
  assert.equal(code, 0, stderr)
  assert.ok((await readFile(scratch.path('out', 'report.html'))).length > 0)
})
