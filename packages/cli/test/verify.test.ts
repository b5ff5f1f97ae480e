import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256 } from '@fanlight/contracts'
import { fileProblem, problemOf } from '../src/commands/verify.ts'
import { attributionRows } from '../src/results/attribution-row.ts'
import { hash, photo, record, spec } from './samples.ts'

const bytes = { map: Buffer.from('a map'), interval: Buffer.from('its intervals') }
const doubts = [{ code: 'unstable' as const, value: 0.1, limit: 2 / 3 }]
const fit = {
  segments: 64,
  r2: 0.9,
  efficiencyGap: 0,
  fillAgreement: null,
  widestInterval: 0.1,
  stoppedEarly: false,
}
const kept = record(hash('1'), {
  map: { sha256: sha256(bytes.map), shape: [48, 64] },
  interval: { map: { sha256: sha256(bytes.interval), shape: [48, 64] }, level: 0.9 },
  priorShare: -0,
  stability: null,
  doubts,
  fit,
})
const remade = { width: 640, height: 480, records: new Map([[kept.target.id, kept]]) }
const line = () => JSON.parse(JSON.stringify(attributionRows(photo('a.jpg', [kept]), spec)[0]))

test('a line as it was written is what is made again', () => {
  assert.equal(problemOf(line(), remade), undefined)
})

test('a line of an older Fanlight is what is made again, as long as its record is as old', () => {
  const old = record(hash('1'), { map: kept.map })
  const row = JSON.parse(JSON.stringify(attributionRows(photo('a.jpg', [old]), spec)[0]))
  for (const name of ['doubts', 'fit', 'unmoved', 'interval', 'evaluation']) delete row[name]
  assert.equal(problemOf(row, { ...remade, records: new Map([[hash('1'), old]]) }), undefined)
  assert.match(problemOf(row, remade)!, /interval\.shape/)
})

test('an edited number, target, shape, doubt or fit is found and named', () => {
  const edits: [name: string, edit: (row: ReturnType<typeof line>) => void][] = [
    ['stability', (row) => Object.assign(row, { stability: 0.99 })],
    ['inBoxEnergy', (row) => Object.assign(row, { inBoxEnergy: '0.57' })],
    ['forwards', (row) => Object.assign(row, { forwards: 101 })],
    ['priorShare', (row) => delete row.priorShare],
    ['image.width', (row) => Object.assign(row.image, { width: 641 })],
    ['map.shape', (row) => Object.assign(row.map, { shape: [64, 48] })],
    ['target.score', (row) => Object.assign(row.target, { score: 0.95 })],
    ['target.box', (row) => Object.assign(row.target, { box: [1, 2, 30, 41] })],
    ['target.unexplainable', (row) => Object.assign(row.target, { unexplainable: true })],
    ['no target', (row) => Object.assign(row.target, { id: hash('2') })],
    ['interval.level', (row) => Object.assign(row.interval, { level: 0.99 })],
    ['interval.shape', (row) => Object.assign(row, { interval: null })],
    ['doubts', (row) => Object.assign(row, { doubts: [] })],
    ['doubts', (row) => delete row.doubts],
    ['fit', (row) => Object.assign(row.fit, { r2: 0.99 })],
    ['evaluation', (row) => Object.assign(row, { evaluation: { metrics: 'x'.repeat(9999) } })],
  ]
  for (const [name, edit] of edits) {
    const row = line()
    edit(row)
    const problem = problemOf(row, remade)
    assert.ok(problem?.includes(name) && problem.length < 600, name)
  }
})

test('a map or an interval that is another, or gone, is found and named', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-verify-'))
  t.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'maps'))
  const row = line()
  await writeFile(join(folder, row.map.path), bytes.map)
  assert.match((await fileProblem(folder, row, kept))!, /interval\.npy cannot be read/)
  await writeFile(join(folder, row.interval.path), bytes.interval)
  assert.equal(await fileProblem(folder, row, kept), undefined)
  await writeFile(join(folder, row.interval.path), 'others')
  assert.match((await fileProblem(folder, row, kept))!, /interval\.npy holds another map/)
  await writeFile(join(folder, row.map.path), 'another')
  assert.match((await fileProblem(folder, row, kept))!, /drise\.npy holds another map/)
})
