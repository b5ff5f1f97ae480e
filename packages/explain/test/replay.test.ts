import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFloat32, type ScoreQuestion } from '@fanlight/contracts'
import { emptyCoalition } from '@fanlight/segments'
import {
  type Answer,
  assembleAnswer,
  decodeTranscript,
  encodeTranscript,
  explainerFor,
  methodSpec,
  replayTranscript,
  startRun,
  type Transcript,
} from '../src/index.ts'
import { answerOf, type PlantedModel } from './planted-model.ts'
import { contextOf } from './suite.ts'

const photo: PlantedModel = { width: 64, height: 64, objects: [{ box: [8, 8, 40, 40], class: 0, score: 0.9 }] }
const method = methodSpec('drise', { masks: 40 })
const explainer = explainerFor(method)

function recorded(): { transcript: Transcript; explained: unknown } {
  const context = contextOf()
  const run = startRun(explainer, context, method.params)
  const questions: { hash: string; answer: Answer }[] = []
  while (!run.current.done) {
    const answer = answerOf(photo, run.current.question)
    questions.push({ hash: run.current.hash, answer })
    run.answer(answer)
  }
  return { transcript: { identity: { ...context, method }, questions }, explained: run.current.explained }
}

test('a transcript makes the same attributions again after a way through its bytes', async () => {
  const { transcript, explained } = recorded()
  const bytes = encodeTranscript(transcript)
  assert.deepEqual(encodeTranscript(recorded().transcript), bytes)
  assert.deepEqual(replayTranscript(explainer, await decodeTranscript(bytes)), explained)
})

test('a transcript of other questions, of too few or of too many is refused', () => {
  const { transcript } = recorded()
  const [detect, score] = transcript.questions as [Transcript['questions'][number], Transcript['questions'][number]]
  for (const questions of [
    [{ ...detect, hash: '0'.repeat(64) }, score],
    [detect],
    [detect, score, score],
    [score, detect],
  ]) {
    assert.throws(() => replayTranscript(explainer, { ...transcript, questions }), { code: 'TRANSCRIPT_MISMATCH' })
  }
  const identity = { ...transcript.identity, seed: 8 }
  assert.throws(() => replayTranscript(explainer, { ...transcript, identity }), { code: 'TRANSCRIPT_MISMATCH' })
})

test('bytes that are no transcript are refused', async () => {
  const bytes = encodeTranscript(recorded().transcript)
  for (const wrong of [new Uint8Array(0), Buffer.from('{}'), bytes.subarray(0, bytes.length - 9)]) {
    await assert.rejects(decodeTranscript(wrong), { code: 'ARTIFACT_CORRUPT' })
  }
})

test('a transcript of a thousand masks takes less than 100 KB', () => {
  const values = Float32Array.from({ length: 10 * 999 }, (_, i) => Math.fround(Math.sin(i * 12.9898) * 43758.5453) % 1)
  const { transcript } = recorded()
  const questions = [transcript.questions[0]!, { hash: '0'.repeat(64), answer: { kind: 'score', values } as const }]
  assert.ok(encodeTranscript({ ...transcript, questions }).byteLength < 100 * 1024)
})

test('what a method throws by mistake is its own failure, and is not tried again', () => {
  const broken: typeof explainer = {
    ...explainer,
    *explain() {
      yield { kind: 'detect', minScore: 0.5, maxDetections: 1 }
      throw new TypeError('oops')
    },
  }
  const run = startRun(broken, contextOf(), method.params)
  const wrong = { code: 'EXPLAINER_MISUSED', retry: 'never', message: /drise version 1 failed: oops/ }
  assert.throws(() => run.answer({ kind: 'score', values: new Float32Array(0) }), wrong)
})

test('a run that has ended takes no answer', () => {
  const run = startRun(explainer, contextOf(), method.params)
  run.answer({ kind: 'detect', width: 1, height: 1, detections: [], found: 0 })
  assert.throws(() => run.answer({ kind: 'score', values: new Float32Array(0) }), { code: 'EXPLAINER_MISUSED' })
})

const question: ScoreQuestion = {
  kind: 'score',
  targets: [
    { box: [0, 0, 1, 1], class: 0 },
    { box: [1, 1, 2, 2], class: 0 },
  ],
  objectives: ['score'],
  minObjectness: 0,
  segments: { kind: 'grid', rows: 1, cols: 1, edges: 'hard' },
  fill: { kind: 'mean' },
  coalitions: [1, 2, 3].map(() => emptyCoalition({ kind: 'grid', rows: 1, cols: 1, edges: 'hard' })),
}
const score = (...values: number[]) => ({ kind: 'score', values: encodeFloat32(Float32Array.from(values)) }) as const

test('shards are put together target by target', () => {
  const answer = assembleAnswer(question, [0, 2, 3], [score(1, 2, 4, 5), score(3, 6)])
  assert.deepEqual(answer, { kind: 'score', values: Float32Array.of(1, 2, 3, 4, 5, 6) })
})

test('shard answers of another kind, length or number than the plan are refused', () => {
  const detect = { kind: 'detect', width: 1, height: 1, detections: [], found: 0 } as const
  const wrong = [[score(1, 2, 4, 5)], [score(1, 2, 4, 5), score(3)], [score(1, 2, 4, 5), { ...detect, detections: [] }]]
  for (const answers of wrong) {
    assert.throws(() => assembleAnswer(question, [0, 2, 3], answers), { code: 'MESSAGE_INVALID' })
  }
  assert.throws(() => assembleAnswer({ kind: 'detect', minScore: 0, maxDetections: 1 }, [0, 1], []), {
    code: 'MESSAGE_INVALID',
  })
})
