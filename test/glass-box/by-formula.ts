import { encodeFloat32, type Grid, type Question, type ScoreQuestion, type ShardAnswer } from '@fanlight/contracts'
import { type Coalition, coalitionAt, coalitionCount, maskAt } from '@fanlight/segments'
import { type Evidence, worthOf } from './evidence.ts'
import { GlassBox } from './glass-box.ts'
import type { Board } from './network.ts'

/** The same detector without an ONNX file: what it answers is its formula, as network.test.ts sees of the file. */
export function glassBoxByFormula(board: Board, objects: readonly Evidence[]): GlassBox {
  return new GlassBox(board, objects, (question) => answer(board, objects, question))
}

function answer(board: Board, objects: readonly Evidence[], question: Question): ShardAnswer {
  if (question.kind === 'score') return { kind: 'score', values: encodeFloat32(scores(board, objects, question)) }
  if (question.kind !== 'detect') throw new Error(`a ${question.kind} question has no formula here`)
  const { rows, cols, tile } = board
  const everything = new Uint8Array(rows * cols).fill(1)
  const seen = objects.map((object, i) => {
    const score = Math.fround(worthOf(object, everything))
    const [x1, y1, x2, y2] = object.box.map((side) => side * tile) as [number, number, number, number]
    const values: [number, number, number, number] = [score, score, score, 1]
    return { box: [x1, y1, x2, y2] as [number, number, number, number], class: i, label: `object ${i}`, score, values }
  })
  const detections = seen.filter(({ score }) => score >= question.minScore).toSorted((a, b) => b.score - a.score)
  const kept = detections.slice(0, question.maxDetections)
  return { kind: 'detect', width: cols * tile, height: rows * tile, detections: kept, found: detections.length }
}

function scores(board: Board, objects: readonly Evidence[], question: ScoreQuestion): Float32Array {
  const { targets, coalitions, segments } = question
  const count = coalitionCount(coalitions)
  const values = new Float32Array(targets.length * count)
  for (let i = 0; i < count; i++) {
    const z = tilesKept(coalitionAt(coalitions, segments, i), segments, board)
    for (const [t, target] of targets.entries()) values[t * count + i] = Math.max(0, worthOf(objects[target.class]!, z))
  }
  return values
}

/** The mean of a mask over each tile. */
function tilesKept(coalition: Coalition, grid: Grid, { rows, cols, tile }: Board): ArrayLike<number> {
  if (grid.edges === 'hard' && grid.rows === rows && grid.cols === cols && !grid.x && !grid.y) return coalition.kept
  const width = cols * tile
  const kept = new Float64Array(rows * cols)
  maskAt(coalition, grid, width, rows * tile).forEach((value, i) => {
    kept[Math.floor(i / width / tile) * cols + Math.floor((i % width) / tile)]! += value / tile ** 2
  })
  return kept
}
