import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir } from 'node:fs/promises'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Scratch } from './fanlight.ts'
import { environmentIn, failure, missingPeers } from './started-cluster.ts'

// Methods that hide pieces of the photo, superpixels among them, and what measures their maps, through every service.

const fixture = (name: string) => fileURLToPath(new URL(`../../../shared/fixtures/${name}`, import.meta.url))
const model = fixture('models/light_person_192.onnx')
const skip = existsSync(model) ? false : '../shared/fixtures absent'

const evaluation = { method: { name: 'lime', params: { samples: 21 } }, steps: 3 }
const sets = ['focus.coalitions=28', 'lime.samples=27', 'lime.segmentation={"kind":"slic","segments":20}']
const command = [
  'explain',
  'photos',
  '--model',
  'light_person_192.onnx',
  '--method',
  'focus,lime,evaluate',
  '--max-targets',
  '2',
  '--no-overlays',
  ...[
    ...sets,
    ...Object.entries(evaluation).map(([name, value]) => `evaluate.${name}=${JSON.stringify(value)}`),
  ].flatMap((set) => ['--set', set]),
]

interface Row {
  readonly method: string
  readonly forwards: number
  readonly target: { id: string }
  readonly fit: { segments: number } | null
  readonly evaluation: { curves: readonly unknown[] } | null
}

suite('focus, superpixels and an evaluation', { skip, timeout: 300_000 }, () => {
  let scratch: Scratch
  before(async () => {
    scratch = await Scratch.make()
    await chmod(scratch.folder, 0o711)
    await mkdir(scratch.path('photos'))
    await copyFile(model, scratch.path('light_person_192.onnx'))
    await copyFile(fixture('photos/000000000785.jpg'), scratch.path('photos', 'skier.jpg'))
    const { code, stderr } = await scratch.run([...command, '--workers', '2', '--out', 'laptop'])
    assert.equal(code, 0, stderr)
  })
  after(() => scratch?.[Symbol.asyncDispose]())

  test('each has a map, what it cost and how well it fits; the evaluation is of superpixels, too', async () => {
    const rows = await scratch.lines<Row>('laptop', 'attributions.ndjson')
    const [own] = Map.groupBy(rows, ({ target }) => target.id).values()
    assert.deepEqual(
      own!.map(({ method, forwards, evaluation }) => [method, forwards, evaluation?.curves.length]),
      [
        ['evaluate', 24, 8],
        ['focus', 30, undefined],
        ['lime', 30, undefined],
      ],
    )
    const segments = Object.fromEntries(own!.map(({ method, fit }) => [method, fit!.segments]))
    assert.equal(segments.focus, 64)
    assert.ok(segments.lime! > 10 && segments.lime! < segments.evaluate!, JSON.stringify(segments))
  })

  test('they are made again from their transcripts', async () => {
    const { code, stderr } = await scratch.run(['verify', 'laptop'])
    assert.equal(code, 0, stderr)
    assert.match(stderr, /3 of 3 explanations made again, byte for byte/)
  })

  for (const bus of ['nats', 'kafka'] as const) {
    test(`a cluster on ${bus} gives the same bytes`, async (t) => {
      const missing = await missingPeers([bus, 's3', 'postgres'])
      if (missing) return t.skip(missing)
      const home = `home-${bus}`
      const cluster = scratch.start(['cluster', '--bus', bus, '--inference', '2', '--port', '0', '--workers', '1'], {
        home,
      })
      try {
        await Promise.race([cluster.firstLine, failure(cluster)])
        const env = await environmentIn(scratch.path(home, 'cluster', 'env.sh'))
        const there = await scratch.run([...command, '--out', bus], { home, env })
        assert.equal(there.code, 0, there.stderr)
        assert.deepEqual(await scratch.durable(bus), await scratch.durable('laptop'))
      } finally {
        cluster.kill('SIGTERM')
        await cluster.ended
      }
    })
  }
})
