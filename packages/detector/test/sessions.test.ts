import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { test } from 'node:test'
import { type DetectorRef, type Question, sha256 } from '@fanlight/contracts'
import { describeModel, sessionModel } from '../src/index.ts'
import { plainPhoto, scratchFolder, syntheticModel } from './synthetic.ts'

const folder = scratchFolder()
const never = new AbortController().signal
const noProc = platform() === 'linux' ? false : 'needs /proc'
const detect: Question = { kind: 'detect', minScore: 0.3, maxDetections: 10 }
const photo = plainPhoto(0)
const image = { sha256: sha256(photo), uri: 'memory:', bytes: photo.length }
const images = { read: async () => photo }

/** Detectors that differ in a score. */
async function detectors(count: number): Promise<readonly DetectorRef[]> {
  const refs: DetectorRef[] = []
  for (let i = 0; i < count; i++) {
    const data = new Float32Array(84 * 6)
    data.set([0, 0, 1, 1, 1, 0.4 + i / 200], (64 + 10) * 6)
    const bytes = syntheticModel({ outputs: [{ name: 'output', dims: [1, 84, 6], data }] })
    const first = refs[0]
    const path = folder.write(`detector-${i}.onnx`, bytes)
    const ref = first ? { ...first, sha256: sha256(bytes), uri: path } : await describeModel(path)
    refs.push({ ...ref, id: sha256(`detector ${i}`) })
  }
  return refs
}

interface Tree {
  readonly pids: readonly number[]
  readonly bytes: number
}

/** The children of this process, and what they take together. */
function children(): Tree {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === process.pid)
  return { pids, bytes: pids.reduce((sum, pid) => sum + residentBytes(pid), 0) }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

const parentOf = (pid: number): number => {
  const stat = read(`/proc/${pid}/stat`)
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024

test('detectors take turns in the processes that are kept, without being loaded again', { skip: noProc }, async () => {
  const [a, b] = await detectors(2)
  await using model = sessionModel({ images, workers: 1, sessions: 2 })
  for (const detector of [a!, b!]) await model.answer({ detector, image, question: detect }, never)
  const before = children().pids
  for (let turn = 0; turn < 5; turn++) {
    for (const detector of [a!, b!]) {
      const { answer } = await model.answer({ detector, image, question: detect }, never)
      assert.ok(answer.kind === 'detect')
    }
  }
  assert.deepEqual(children().pids, before)
})

test('fifty detectors take no more processes and memory than the few that are kept', {
  skip: noProc,
  timeout: 180_000,
}, async () => {
  const all = await detectors(50)
  await using model = sessionModel({ images, workers: 1, sessions: 2 })
  const seen: Tree[] = []
  for (const [i, detector] of all.entries()) {
    const { answer } = await model.answer({ detector, image, question: detect }, never)
    assert.ok(answer.kind === 'detect')
    const score = answer.detections[0]?.score ?? 0
    assert.ok(Math.abs(score - (0.4 + i / 200)) < 1e-6, `detector ${i} answered ${score}: another one’s session?`)
    seen.push(children())
  }
  // The one that is replaced may still be on its way out.
  const most = Math.max(...seen.map(({ pids }) => pids.length))
  assert.ok(most <= 4, `${most} child processes`)
  const mean = (trees: readonly Tree[]) => trees.reduce((sum, { bytes }) => sum + bytes, 0) / trees.length
  const [early, late] = [mean(seen.slice(5, 20)), mean(seen.slice(35))]
  assert.ok(late < 1.25 * early, `${Math.round(early / 2 ** 20)} MB grew to ${Math.round(late / 2 ** 20)} MB`)
})

test('there is place for a detector that is held, and for any while a session holds none', async () => {
  const all = await detectors(3)
  await using model = sessionModel({ images, workers: 1, sessions: 2 })
  const load = (at: number) => model.answer({ detector: all[at]!, image, question: detect }, never)
  const places = () => all.map(({ id }) => model.hasPlaceFor(id))

  assert.deepEqual(places(), [true, true, true], 'nothing is loaded yet')
  await load(0)
  assert.deepEqual(places(), [true, true, true], 'one session is left')
  await load(1)
  assert.deepEqual(places(), [true, true, false], 'both are taken')
  await load(2)
  assert.deepEqual(places(), [false, true, true], 'the one that rested longest was loaded over')
  await load(0)
  assert.deepEqual(places(), [true, false, true], 'and loaded again in place of another')
})
