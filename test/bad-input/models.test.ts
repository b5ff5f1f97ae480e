import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { arch } from 'node:os'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import {
  crashingModel,
  endlessModel,
  externalModel,
  greedyModel,
  nanModel,
  plainPhoto,
  syntheticModel,
  type Trigger,
} from '../../packages/detector/test/synthetic.ts'
import { Scratch } from '../e2e/fanlight.ts'

let scratch: Scratch
before(async () => {
  scratch = await Scratch.make()
  await mkdir(scratch.path('photos'))
  await writeFile(scratch.path('photos/black.bmp'), plainPhoto(0))
  await writeFile(scratch.path('photos/grey.bmp'), plainPhoto(150))
  await writeFile(scratch.path('photos/half.bmp'), halfPhoto())
})
after(() => scratch[Symbol.asyncDispose]())

/** Black and white: as bright as can be, until it is masked with its mean. */
function halfPhoto(): Uint8Array {
  return plainPhoto(0).fill(255, 54 + 32 * 64 * 3)
}

const onX86 = arch() === 'x64' ? false : 'the trap is x86’s'
const smallMemory = { FANLIGHT_MAX_RESIDENT_BYTES: String(500 * 2 ** 20) }
const quick = ['--forwards', '22', '--workers', '2', '--no-overlays']

const cut = (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2)
const unknown = (name: string) => syntheticModel({ outputs: [{ name, dims: [1, 7, 7], data: new Float32Array(49) }] })

const refused = [
  { what: 'is cut off', bytes: cut(nanModel('dull')), code: 'MODEL_INVALID', told: /cut off|truncated|not/ },
  { what: 'is empty', bytes: new Uint8Array(), code: 'MODEL_INVALID', told: /empty/ },
  { what: 'is text', bytes: Buffer.from('a photo of a dog'), code: 'MODEL_INVALID', told: /no ONNX|not an ONNX/i },
  {
    what: 'points to data outside its folder',
    bytes: externalModel('../../etc/passwd'),
    code: 'MODEL_UNSAFE',
    told: /another file.*save_as_external_data=False/s,
  },
  {
    what: 'is of an unknown family',
    bytes: unknown('logits'),
    code: 'MODEL_FAMILY_UNKNOWN',
    told: /"logits" \[1, 7, 7\].*yolox.*ultralytics/s,
  },
  { what: 'gives NaN', bytes: nanModel('always'), code: 'MODEL_OUTPUT_INVALID', told: /"output".*NaN/ },
  {
    what: 'crashes when it is loaded',
    bytes: crashingModel('load'),
    code: 'MODEL_INVALID',
    told: /3 times.*SIG/,
    skip: onX86,
  },
  {
    what: 'crashes when it is run',
    bytes: crashingModel('always'),
    code: 'MODEL_INVALID',
    told: /3 times.*SIG/,
    skip: onX86,
  },
  {
    what: 'never returns',
    bytes: endlessModel('always'),
    code: 'MODEL_INVALID',
    told: /3 times.*more than 2000 ms/,
    env: { FANLIGHT_LOAD_TIMEOUT_MS: '2000' },
  },
  { what: 'takes 10 GB', bytes: greedyModel('always'), code: 'MODEL_INVALID', told: /3 times.*MiB/, env: smallMemory },
]

for (const { what, bytes, code, told, env = {}, skip = false } of refused) {
  test(`a file that ${what} is refused by name before anything is stored`, { skip }, async () => {
    await writeFile(scratch.path('bad.onnx'), bytes)
    const { code: exit, stdout, stderr } = await explain('bad.onnx', { home: 'untouched', env })
    assert.deepEqual([exit, stdout], [2, ''], stderr)
    assert.match(stderr, told)
    assert.ok(stderr.includes('bad.onnx') && stderr.includes(`(${code})`), stderr)
    assert.doesNotMatch(stderr, /mistake in Fanlight/)
    await assert.rejects(readdir(scratch.path('untouched')), { code: 'ENOENT' })
  })
}

test('a PyTorch file is answered with its export, whatever it is called', async () => {
  const checkpoint = Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(40), Buffer.from('archive/data.pkl')])
  for (const name of ['best.pt', 'renamed.onnx']) {
    await writeFile(scratch.path(name), checkpoint)
    for (const command of [explain(name), scratch.run(['models', 'add', name])]) {
      const { code, stderr } = await command
      assert.equal(code, 2, stderr)
      assert.match(stderr, /yolo export model=\S+ format=onnx/)
    }
  }
})

test('a pipe, a folder and a dangling link are no models', async () => {
  await promisify(execFile)('mkfifo', [scratch.path('pipe.onnx')])
  await symlink('nowhere.onnx', scratch.path('dangling.onnx'))
  const wrong = { 'pipe.onnx': 'NOT_A_FILE', photos: 'NOT_A_FILE', 'dangling.onnx': 'MODEL_NOT_FOUND' }
  for (const [name, reason] of Object.entries(wrong)) {
    const { code, stderr } = await explain(name)
    assert.equal(code, 2, stderr)
    assert.ok(stderr.includes(name) && stderr.includes(`(${reason})`), stderr)
  }
})

interface Failure {
  readonly image: { path: string }
  readonly method: string
  readonly code: string
  readonly message: string
}

const gaveUp = 'SHARD_ATTEMPTS_EXHAUSTED'
const sprung: {
  what: string
  make: (trigger: Trigger) => Uint8Array
  code: string
  told: RegExp
  env?: NodeJS.ProcessEnv
  skip?: string | false
}[] = [
  { what: 'crashes', make: crashingModel, code: gaveUp, told: /3 attempts.*SIG/, skip: onX86 },
  {
    what: 'never returns',
    make: endlessModel,
    code: gaveUp,
    // A slow machine gets longer.
    told: /3 attempts.*more than \d{4,5} ms/,
    env: { FANLIGHT_SHARD_TIMEOUT_MS: '2000' },
  },
  { what: 'takes 10 GB', make: greedyModel, code: gaveUp, told: /3 attempts.*MiB/, env: smallMemory },
  { what: 'gives NaN', make: nanModel, code: 'MODEL_OUTPUT_INVALID', told: /"output".*NaN/ },
]

for (const { what, make, code, told, env = {}, skip = false } of sprung) {
  test(`a network that ${what} on some photos, or on masked ones, costs those alone`, { skip }, async () => {
    await writeFile(scratch.path('sly.onnx'), make('dull'))
    const out = `out ${what}`
    const { code: exit, stdout, stderr } = await explain('sly.onnx', { env, out })
    assert.equal(exit, 3, stderr)
    assert.match(stdout, /photos\/black\.bmp/)
    const failures = await scratch.lines<Failure>(out, 'failures.ndjson')
    assert.deepEqual(
      failures.map(({ image, method, code: reason }) => [image.path, method, reason]),
      [
        ['photos/grey.bmp', 'focus', code],
        ['photos/half.bmp', 'focus', code],
      ],
    )
    for (const { image, message } of failures) {
      assert.match(message, told)
      assert.match(message, /sly\.onnx/)
      assert.ok(stderr.includes(image.path) && stderr.includes(message.slice(0, 40)), stderr)
    }
    const rows = await scratch.lines<{ image: { path: string } }>(out, 'attributions.ndjson')
    assert.deepEqual([...new Set(rows.map(({ image }) => image.path))], ['photos/black.bmp'])
    const report = await readFile(scratch.path(out, 'report.html'), 'utf8')
    assert.ok(report.includes(code))
  })
}

/** What acts on a terminal, or is markup. */
const EVIL = '\u001b[31m<img src=x onerror=alert(1)>\u202e'
const assertTame = (text: string) =>
  assert.ok(!text.includes('\u001b') && !text.includes('\u202e'), JSON.stringify(text))

test('names inside a model cannot steer a terminal or a page', async () => {
  const data = new Float32Array(6 * 84)
  for (const [row, value] of [32, 32, 20, 20, 0.9].entries()) data[row * 84 + 40] = value
  const names = `{0: '${EVIL}', 1: 'dog'}`
  const outputs = [{ name: `output ${EVIL}`, dims: [1, 6, 84], data }]
  await writeFile(
    scratch.path('evil.onnx'),
    syntheticModel({ outputs, metadata: { names, stride: '32', task: 'detect' } }),
  )
  const { code, stdout, stderr } = await explain('evil.onnx', { out: 'evil', overlays: true })
  assert.equal(code, 0, stderr)
  assertTame(stdout + stderr)
  assert.ok(stdout.includes('\\e[31m<img'))
  const [row] = await scratch.lines<{ target: { label: string }; map: { path: string } }>('evil', 'attributions.ndjson')
  assert.equal(row!.target.label, EVIL)
  assert.match(row!.map.path, /^maps\/[\w.-]+\.npy$/)
  const report = await readFile(scratch.path('evil', 'report.html'), 'utf8')
  assertTame(report)
  assert.ok(!report.includes('<img src=x') && report.includes('&lt;img src=x'))
  for (const args of [
    ['models', 'add', 'evil.onnx'],
    ['models', 'show', 'evil'],
  ]) {
    const shown = await scratch.run(args)
    assert.equal(shown.code, 0, shown.stderr)
    assertTame(shown.stdout + shown.stderr)
  }
})

test('names in what is refused cannot steer a terminal either', async () => {
  await writeFile(scratch.path(`${EVIL.replace('/', '')}.onnx`), unknown(EVIL))
  const { code, stderr } = await explain(`${EVIL}.onnx`)
  assert.equal(code, 2, stderr)
  assert.match(stderr, /MODEL_FAMILY_UNKNOWN/)
  assertTame(stderr)
})

test('a kept model whose files were damaged is said to be, with the way out', async () => {
  await writeFile(
    scratch.path('kept.onnx'),
    syntheticModel({ outputs: [{ name: 'output', dims: [1, 84, 6], data: new Float32Array(504) }] }),
  )
  const added = await scratch.run(['models', 'add', 'kept.onnx', '--json'], { home: 'damaged' })
  assert.equal(added.code, 0, added.stderr)
  const { uri } = JSON.parse(added.stdout) as { uri: string }
  await writeFile(uri, 'garbage')
  const changed = await explain('kept', { home: 'damaged' })
  assert.equal(changed.code, 2, changed.stderr)
  assert.match(changed.stderr, /"kept" was damaged.*remove .*kept\.json.*MODEL_INVALID/)
  await writeFile(scratch.path('damaged', 'models', 'kept.json'), '{')
  const unreadable = await explain('kept', { home: 'damaged' })
  assert.equal(unreadable.code, 2, unreadable.stderr)
  assert.match(unreadable.stderr, /"kept" was damaged/)
})

interface Run {
  readonly home?: string
  readonly env?: NodeJS.ProcessEnv
  readonly out?: string
  readonly overlays?: boolean
}

function explain(model: string, { home = 'home', env = {}, out = 'out', overlays = false }: Run = {}) {
  const options = quick.filter((option) => !overlays || option !== '--no-overlays')
  return scratch.run(['explain', 'photos', '--model', model, ...options, '--out', out], { home, env })
}
