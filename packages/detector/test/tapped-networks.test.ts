import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { test } from 'node:test'
import { type DetectorRef, decodeFloat32, type GradientQuestion, sha256, type Tap } from '@fanlight/contracts'
import { decodeModel } from '@fanlight/onnx'
import type { Model } from '@fanlight/ports'
import { describeModel, sessionModel } from '../src/index.ts'
import { TappedNetworks } from '../src/session/tapped-networks.ts'
import { type BrightDetector, brightDetector } from './bright-detector.ts'
import { plainPhoto, scratchFolder } from './synthetic.ts'

const folder = scratchFolder()
const never = new AbortController().signal
const noProc = platform() === 'linux' ? false : 'needs /proc'
const photo = plainPhoto(150)
const image = { sha256: sha256(photo), uri: 'memory:', bytes: photo.length }
const images = { read: async () => photo }
const LAYERS = 14

function detectorOf(name: string, changes: BrightDetector): Promise<DetectorRef> {
  return describeModel(folder.write(`${name}.onnx`, brightDetector(changes)))
}

const layer = (index: number): Tap => ({ kind: 'layer', name: `conv ${index}` })
const asked = (tap: Tap): GradientQuestion => ({
  kind: 'gradient',
  targets: [{ box: [12, 12, 52, 52], class: 0 }],
  objectives: ['score'],
  tap,
  reduction: 'hires-cam',
  sampling: { kind: 'clean' },
  guided: false,
  map: { width: 8, height: 8 },
})

async function mapAt(model: Model, detector: DetectorRef, tap: Tap): Promise<Float32Array> {
  const { answer } = await model.answer({ detector, image, question: asked(tap) }, never)
  assert.ok(answer.kind === 'gradient')
  assert.deepEqual([answer.layers, answer.facts[0]!.vanished], [tap.kind === 'layer' ? [tap.name] : ['images'], null])
  return decodeFloat32(answer.maps)
}

/** Processes of onnxruntime under this one, and what they take. */
function children() {
  const parents = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && statusOf(name, 'PPid') === process.pid)
  return { pids: parents, bytes: parents.reduce((sum, pid) => sum + 1024 * statusOf(pid, 'VmRSS'), 0) }
}

function statusOf(pid: string, row: string): number {
  try {
    return Number(new RegExp(`${row}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])
  } catch {
    return 0
  }
}

test('any number of layers is looked at in turn, a few in a process, and memory stays bounded', {
  skip: noProc,
}, async () => {
  const detector = await detectorOf('layers', { layers: LAYERS })
  await using model = sessionModel({ images, workers: 1, sessions: 1 })
  const seen: ReturnType<typeof children>[] = []
  let first: Float32Array | undefined
  for (let index = 0; index < LAYERS; index++) {
    const map = await mapAt(model, detector, layer(index))
    first ??= map
    assert.deepEqual(map, first, `conv ${index} changes nothing, so that its map is that of conv 0`)
    seen.push(children())
  }
  assert.ok(first!.some((value) => value > 0))
  const pids = new Set(seen.map(({ pids }) => pids.at(-1)))
  assert.equal(pids.size, Math.ceil(LAYERS / 6), 'six a process')
  // The one that is replaced may still be on its way out.
  assert.ok(seen.every(({ pids }) => pids.length <= 2))
  const least = Math.min(...seen.map(({ bytes }) => bytes))
  const last = seen.at(-1)!.bytes
  assert.ok(last < 1.5 * least, `${least >> 20} MB grew to ${last >> 20} MB`)
})

test('works that wait while a process is replaced are answered by the next', async () => {
  const detector = await detectorOf('waiting', { layers: LAYERS })
  await using model = sessionModel({ images, workers: 2, sessions: 2 })
  const taps = Array.from({ length: 3 * LAYERS }, (_, i) => layer((i * 5) % LAYERS))
  const maps = await Promise.all(taps.map((tap) => mapAt(model, detector, tap)))
  for (const map of maps) assert.deepEqual(map, maps[0])
})

test('gradients go alone where rows of several works share forwards', async () => {
  const detector = await detectorOf('gathered', { layers: LAYERS })
  await using model = sessionModel({ images, workers: 1, sessions: 1, batch: 4 })
  const maps = await Promise.all(Array.from({ length: LAYERS }, (_, index) => mapAt(model, detector, layer(index))))
  for (const map of maps) assert.deepEqual(map, maps[0])
})

test('what cannot be opened is not tried again for every photo', async () => {
  const input = { name: 'images', width: 64, height: 64 }
  const tapped = new TappedNetworks(decodeModel(brightDetector()), input, 'cpu')
  const as = { tap: { kind: 'layer', name: 'conv 7' }, backward: true, guided: false } as const
  const first = await tapped.open(as).catch((error: unknown) => error)
  assert.match(String(first), /no layer "conv 7".*"conv 0"/)
  assert.equal(await tapped.open(as).catch((error: unknown) => error), first, 'the very same error')
})

test('a network that also gives distances is another one, or who asks second would miss them', async () => {
  const input = { name: 'images', width: 64, height: 64 }
  const tapped = new TappedNetworks(decodeModel(brightDetector()), input, 'cpu')
  const as = { tap: { kind: 'input' }, backward: true, guided: false } as const
  const plain = await tapped.open(as)
  assert.equal(await tapped.open({ ...as, distances: false }), plain)
  assert.notEqual(await tapped.open({ ...as, distances: true }), plain)
})
