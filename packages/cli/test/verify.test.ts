import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@fanlight/contracts'
import { problemOf } from '../src/commands/verify.ts'
import { attributionRows } from '../src/results/attribution-row.ts'
import { hash, photo, record, spec } from './samples.ts'

const bytes = Buffer.from('a map')
const kept = record(hash('1'), { map: { sha256: sha256(bytes), shape: [48, 64] }, priorShare: -0, stability: null })
const remade = { width: 640, height: 480, records: new Map([[kept.target.id, kept]]) }
const line = () => JSON.parse(JSON.stringify(attributionRows(photo('a.jpg', [kept]), spec)[0]))

test('a line as it was written is what is made again', () => {
  assert.equal(problemOf(line(), bytes, remade), undefined)
})

test('an edited number, target, shape or map is found and named', () => {
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
  ]
  for (const [name, edit] of edits) {
    const row = line()
    edit(row)
    assert.ok(problemOf(row, bytes, remade)?.includes(name), name)
  }
  assert.match(problemOf(line(), Buffer.from('another'), remade)!, /holds another map/)
})
