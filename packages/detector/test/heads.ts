import type { Descriptor } from '@fanlight/contracts'
import { type FamilyName, families } from '../src/families/index.ts'
import type { Cotangents, Outputs, OutputTensor, Predictions } from '../src/family.ts'

/** A family's outputs, filled with what such a network could give. */
export interface Head {
  readonly title: string
  readonly family: FamilyName
  readonly outputs: Outputs
  /** Elements that pick a class or a row, and have no derivative. */
  readonly isDiscrete: (element: number) => boolean
  /** Which predictions to look at. */
  readonly indices: readonly number[]
  readonly classCount: number
  decode(outputs: Outputs): Predictions
}

/** Not a square, so that no axis passes for the other. */
const [WIDTH, HEIGHT] = [64, 32]
const CLASSES = 3
const smooth = () => false

/** Numbers of 0..1, the same every time. */
export function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const uniform = (next: () => number, low: number, high: number) => low + (high - low) * next()

type Fill = (column: number, next: () => number) => number

const raw: Fill = (_, next) => uniform(next, -1.5, 1.5)
const share: Fill = (_, next) => uniform(next, 0.05, 0.95)
/** cx, cy, w, h in pixels, then probabilities. */
const centred: Fill = (column, next) => {
  if (column < 2) return uniform(next, 20, 40)
  return column < 4 ? uniform(next, 8, 30) : share(column, next)
}
/** cx, cy, w, h, and probabilities, all of 0..1. */
const shares: Fill = (_, next) => uniform(next, 0.1, 0.4)
/** As YOLOX has them: offsets and logarithms, then probabilities. */
const offsets: Fill = (column, next) => (column < 4 ? raw(column, next) : share(column, next))
/** x1, y1, x2, y2, probability, class. */
const ended: Fill = (column, next) => {
  if (column === 5) return Math.floor(next() * CLASSES)
  if (column === 4) return share(column, next)
  return column < 2 ? uniform(next, 5, 25) : uniform(next, 30, 60)
}
const corners: Fill = (column, next) => (column < 2 ? uniform(next, 0.1, 0.4) : uniform(next, 0.5, 0.9))

/** @param axis along which `fill` counts */
function output(name: string, dims: readonly number[], { fill, axis }: { fill: Fill; axis: number }): OutputTensor {
  const next = numbers(name.length * 7919 + dims.reduce((a, b) => a * 31 + b))
  const size = dims.reduce((a, b) => a * b)
  const after = dims.slice(axis + 1).reduce((a, b) => a * b, 1)
  const data = Float32Array.from({ length: size }, (_, i) => fill(Math.floor(i / after) % dims[axis]!, next))
  return { name, dims, data }
}

const rows = (name: string, dims: readonly number[], fill: Fill) => output(name, dims, { fill, axis: dims.length - 1 })

interface Sketch extends Pick<Head, 'title' | 'family' | 'outputs' | 'indices'> {
  readonly classCount?: number
  readonly strides?: readonly number[]
  readonly anchors?: readonly number[]
  readonly isDiscrete?: Head['isDiscrete']
}

function head(sketch: Sketch): Head {
  const { family, classCount = CLASSES, strides = [8, 16, 32], anchors = [], isDiscrete = smooth } = sketch
  const descriptor: Descriptor = {
    family,
    familyVersion: families[family].version,
    inputName: 'images',
    width: WIDTH,
    height: HEIGHT,
    preprocess: { channels: 'RGB', mean: [0, 0, 0], std: [1, 1, 1], resize: 'stretch', pad: [0, 0, 0] },
    classNames: Array.from({ length: classCount }, (_, i) => `class ${i}`),
    strides: [...strides],
    anchors: [...anchors],
    nmsIou: 0.5,
  }
  return { ...sketch, classCount, isDiscrete, decode: (outputs) => families[family].decoder(descriptor)(outputs) }
}

/** [rows, columns] of strides 8, 16, 32. */
const grids: readonly (readonly [number, number])[] = [
  [4, 8],
  [2, 4],
  [1, 2],
]
const CELLS = 42
const COCO_ANCHORS = [10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326]

/** Every family, every layout; an output that nothing reads goes first where a family passes over such. */
export const heads: readonly Head[] = [
  head({
    title: 'yolox',
    family: 'yolox',
    outputs: [rows('output', [1, CELLS, 5 + CLASSES], offsets)],
    indices: [0, 10, 35, 41],
  }),
  head({
    title: 'ultralytics columns',
    family: 'ultralytics',
    outputs: [output('output0', [1, 4 + CLASSES, CELLS], { fill: centred, axis: 1 })],
    indices: [0, 31, 41],
  }),
  head({
    title: 'ultralytics rows',
    family: 'ultralytics',
    outputs: [rows('output0', [1, 20, 6], ended)],
    isDiscrete: (element) => element % 6 === 5,
    indices: [0, 7, 19],
  }),
  head({
    title: 'yolo-anchors decoded',
    family: 'yolo-anchors',
    outputs: [rows('unread', [1, 3, 2, 2, 8], raw), rows('output0', [1, 3 * CELLS, 5 + CLASSES], centred)],
    indices: [0, 60, 125],
  }),
  head({
    title: 'yolo-anchors raw',
    family: 'yolo-anchors',
    // Not in the order of the strides.
    outputs: grids.toReversed().map((sides) => rows(`head ${sides}`, [1, 3, ...sides, 5 + CLASSES], raw)),
    anchors: COCO_ANCHORS,
    indices: [0, 100, 125],
  }),
  head({
    title: 'nanodet',
    family: 'nanodet',
    outputs: [
      ...grids.map(([high, wide]) => rows(`cls ${high}`, [1, high * wide, CLASSES], share)),
      ...grids.map(([high, wide]) => rows(`dis ${high}`, [1, high * wide, 32], raw)),
    ],
    indices: [0, 35, 41],
  }),
  head({
    title: 'ultraface',
    family: 'ultraface',
    classCount: 1,
    outputs: [rows('boxes', [1, 9, 4], corners), rows('scores', [1, 9, 2], share)],
    indices: [0, 8],
  }),
  head({
    title: 'tiny-yolov2 of VOC',
    family: 'tiny-yolov2',
    classCount: 20,
    strides: [32],
    anchors: [1.08, 1.19, 3.42, 4.41, 6.63, 11.38, 9.42, 5.11, 16.62, 10.52],
    outputs: [rows('grid', [1, 125, 1, 2], raw)],
    indices: [0, 5, 9],
  }),
  head({
    title: 'tiny-yolov2 of faces',
    family: 'tiny-yolov2',
    classCount: 1,
    strides: [32],
    anchors: [1.6, 2.1, 6, 7, 2.9, 3.5, 4.3, 5.2, 9, 10.7],
    outputs: [rows('grid', [1, 25, 1, 2], raw)],
    indices: [0, 5, 9],
  }),
  head({
    title: 'detr, boxes first',
    family: 'detr',
    outputs: [
      rows('unread', [1, 6, 5], raw),
      rows('pred_boxes', [1, 6, 4], shares),
      rows('logits', [1, 6, CLASSES + 1], raw),
    ],
    indices: [0, 5],
  }),
  head({
    title: 'rt-detr under other names, three classes',
    family: 'rt-detr',
    outputs: [rows('classes', [1, 6, CLASSES], raw), rows('boxes', [1, 6, 4], shares)],
    indices: [0, 5],
  }),
  head({
    title: 'rt-detr of Ultralytics',
    family: 'rt-detr',
    outputs: [rows('output0', [1, 6, 4 + CLASSES], shares)],
    indices: [0, 5],
  }),
  head({
    title: 'classifier',
    family: 'classifier',
    outputs: [rows('probabilities', [1, CLASSES], share)],
    indices: [0],
  }),
  head({
    title: 'classifier-logits',
    family: 'classifier-logits',
    outputs: [rows('logits', [1, CLASSES, 1, 1], (_, next) => uniform(next, -3, 3))],
    indices: [0],
  }),
]

export const cotangentsOf = (outputs: Outputs): Cotangents => outputs.map(({ data }) => new Float32Array(data.length))

export function boxOf(predictions: Predictions, index: number): [number, number, number, number] {
  const into = new Float64Array(4)
  predictions.box(index, into)
  return [...into] as [number, number, number, number]
}

const STEP = 0.002

/**
 * By central differences, of every element of every output.
 * @param value a scalar of the outputs
 */
export function differences(
  { outputs, decode, isDiscrete }: Head,
  value: (predictions: Predictions) => number,
): number[] {
  return outputs.flatMap(({ data }) =>
    Array.from(data, (middle, element) => {
      if (isDiscrete(element)) return 0
      const at = (moved: number) => {
        data[element] = moved
        return { moved: data[element]!, value: value(decode(outputs)) }
      }
      const [high, low] = [at(middle + STEP), at(middle - STEP)]
      data[element] = middle
      return (high.value - low.value) / (high.moved - low.moved)
    }),
  )
}
