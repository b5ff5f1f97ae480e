import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { attributionRows, compareRows } from '../src/results/attribution-row.ts'
import { failureRows } from '../src/results/failure-row.ts'
import { mapPath, overlayPath } from '../src/results/paths.ts'
import { resultsTable } from '../src/results/table.ts'
import { drise, hash, photo, record, spec } from './samples.ts'

test('a row has the fields of the format, in its order, and no time', () => {
  const [row] = attributionRows(photo('a/b.jpg', [record(hash('1'))]), spec)
  assert.equal(
    JSON.stringify(row),
    JSON.stringify({
      image: { path: 'a/b.jpg', sha256: hash('b'), width: 640, height: 480 },
      detector: { name: 'net', sha256: hash('e'), family: 'yolox' },
      target: {
        id: hash('1'),
        box: [1, 2, 30, 40],
        class: 0,
        label: 'person',
        score: 0.9,
        objective: 'score',
        unexplainable: false,
      },
      method: 'drise',
      params: { masks: 98 },
      seed: 7,
      forwards: 100,
      map: { path: 'maps/b.person.111111111111.drise.npy', shape: [48, 64] },
      interval: null,
      stability: 0.8,
      priorShare: 0,
      inBoxEnergy: 0.57,
      doubts: null,
      fit: null,
      unmoved: null,
      gradient: null,
      evaluation: null,
      executionClass: 'cpu',
      explanation: hash('c'),
      version: 1,
    }),
  )
})

test('rows are sorted by target, then method, then name, in code units', () => {
  const rows = [
    ...attributionRows(photo('z.jpg', [record(hash('2')), record(hash('1'))]), spec),
    ...attributionRows(photo('B.jpg', [record(hash('1'))]), spec),
    ...attributionRows(photo('a.jpg', [record(hash('1'))], { ...drise, name: 'box-gaussian' }), spec),
    ...attributionRows(photo('a.jpg', [record(hash('1'))]), spec),
  ]
  const order = rows.sort(compareRows).map(({ target, method, image }) => `${target.id[0]} ${method} ${image.path}`)
  assert.deepEqual(order, ['1 box-gaussian a.jpg', '1 drise B.jpg', '1 drise a.jpg', '1 drise z.jpg', '2 drise z.jpg'])
})

test('names of maps hold nothing that a file system or a shell would take ill', () => {
  const hostile = { ...record(hash('1')).target, label: '<script>\u001b[2J/../..' }
  const name = mapPath('dir/../..\\\u202e; rm -rf ~ *.jpg', hostile, 'drise')
  assert.match(name, /^maps\/[\w-]+\.[\w-]+\.1{12}\.drise\.npy$/)
  assert.match(overlayPath('.jpg', { ...hostile, label: '人物' }, 'drise'), /^overlays\/_\._\.1{12}\.drise\.png$/)
})

test('a failure names the method, or the photo alone when it could not be read', () => {
  const failed = photo('a.jpg', [])
  const failure = { code: 'WORKER_CRASHED', message: 'm' }
  const { result: _, ...explanation } = failed.explanations[0]!
  const rows = failureRows({ ...failed, explanations: [{ ...explanation, result: undefined, failure }] })
  assert.deepEqual(rows, [
    { image: { path: 'a.jpg', sha256: hash('b') }, method: 'drise', explanation: hash('c'), ...failure },
  ])
  const unread = { ...failed.item, image: undefined, failure: { code: 'NOT_A_FILE', message: 'n' } }
  assert.deepEqual(failureRows({ item: unread, explanations: [] }), [
    { image: { path: 'a.jpg', sha256: null }, method: null, explanation: null, code: 'NOT_A_FILE', message: 'n' },
  ])
  assert.deepEqual(failureRows(failed), [])
})

test('the table shows the surest detections of a photo first, says what is unknown, and escapes names', () => {
  const unsure = record(hash('1'), {
    target: { ...record(hash('1')).target, score: 0.4 },
    stability: null,
    inBoxEnergy: null,
  })
  const rows = attributionRows(photo('evil\u001b[2J.jpg', [unsure, record(hash('2'), { unexplainable: true })]), spec)
  const table = resultsTable(rows, 20)
  assert.equal(table, stripVTControlCharacters(table))
  const lines = table.split('\n')
  assert.match(lines[1]!, /^evil\\e\[2J\.jpg +person +0\.90 +drise +57 % +43 % +0\.80 +⚠ scores without evidence$/)
  assert.match(lines[2]!, /0\.40 +drise +– +– +–$/)
  assert.equal(resultsTable(rows, 1).split('\n').length, 2)
})

test('a gradient that vanished is told in the row, and in the table in words', () => {
  const gradient = {
    value: 0.99999,
    emptyValue: null,
    magnitude: 0,
    slope: 2e-7,
    vanished: 'saturated' as const,
    layers: ['neck'],
  }
  const saturated = record(hash('1'), { gradient, inBoxEnergy: null, stability: null, unexplainable: null })
  const rows = attributionRows(photo('a.jpg', [saturated]), spec)
  assert.deepEqual(rows[0]!.gradient, gradient)
  assert.match(resultsTable(rows, 9), /no map: the score is saturated \(slope 2e-7\)$/)
})

test('an interval has a place beside its map, and a doubtful map a mark and a clause in the table', () => {
  const doubts = [
    { code: 'unstable' as const, value: 0.31, limit: 2 / 3 },
    { code: 'uncertain' as const, value: 0.8, limit: 0.5 },
  ]
  const interval = { map: { sha256: hash('9'), shape: [48, 64] as [number, number] }, level: 0.9 }
  const rows = attributionRows(photo('a.jpg', [record(hash('1'), { doubts, interval })]), spec)
  assert.deepEqual(rows[0]!.interval, {
    path: 'maps/a.person.111111111111.drise.interval.npy',
    shape: [48, 64],
    level: 0.9,
  })
  assert.deepEqual(rows[0]!.doubts, doubts)
  assert.match(resultsTable(rows, 9), /⚠ unstable \(0\.31\), and 1 more$/)
  const sound = attributionRows(photo('a.jpg', [record(hash('1'), { doubts: [] })]), spec)
  assert.doesNotMatch(resultsTable(sound, 9), /⚠/)
})
