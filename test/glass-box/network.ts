import { ElemType, encodeModel, GraphEditor, int, ints, newModel, tensor } from '@fanlight/onnx'
import type { Evidence } from './evidence.ts'

/** A photo in tiles. */
export interface Board {
  readonly rows: number
  readonly cols: number
  /** Side of a tile in pixels, even. */
  readonly tile: number
}

/** Red and blue stand as far from each other, one way or the other by turns: any flat fill has no difference. */
const [LOW, HIGH] = [64, 192]

/** Which of red and blue is the stronger one at a pixel. */
const sign = (x: number, y: number) => ((x + y) % 2 === 0 ? 1 : -1)

/** A chequerboard of red and blue, whose green tells the photos and the tiles apart and is seen by no network here. */
export function boardPhoto({ rows, cols, tile }: Board): { width: number; height: number; data: Uint8Array } {
  const [width, height] = [cols * tile, rows * tile]
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const green = 40 + (((Math.floor(y / tile) * cols + Math.floor(x / tile)) * 37) % 160)
      data.set(sign(x, y) > 0 ? [HIGH, green, LOW] : [LOW, green, HIGH], (y * width + x) * 3)
    }
  }
  return { width, height, data }
}

/** The name of the value [1, 1, rows, cols] that says how much of each tile is seen. */
export const TILES = 'tiles'

/**
 * An ONNX file of Ultralytics' layout with one prediction and one class an object, whose score is its evidence: the
 * tiles are seen by a filter that knows their pattern, 1 where a tile is whole and 0 where anything flat stands.
 */
export function glassBoxNetwork(board: Board, objects: readonly Evidence[]): Uint8Array {
  const layers = new Layers(board, objects)
  const scores = layers.scores()
  return layers.bytes(scores)
}

class Layers {
  readonly #editor: GraphEditor
  readonly #board: Board
  readonly #objects: readonly Evidence[]

  constructor(board: Board, objects: readonly Evidence[]) {
    const names = `{${objects.map((_, i) => `${i}: 'object ${i}'`).join(', ')}}`
    const metadata = { names, stride: String(board.tile), task: 'detect' }
    this.#editor = new GraphEditor(newModel({ name: 'glass box', opset: 17, producer: 'fanlight test', metadata }))
    this.#board = board
    this.#objects = objects
  }

  /** [1, objects] */
  scores(): string {
    const tiles = this.#tiles()
    const sums = this.#node('Add', [this.#sums(tiles), this.#row((object) => object.bias)])
    const sigmoids = this.#node('Sigmoid', [sums])
    const plain = this.#node('Mul', [sums, this.#row(({ link }) => Number(link === 'none'))])
    const linked = this.#node('Mul', [sigmoids, this.#row(({ link }) => Number(link === 'sigmoid'))])
    const both = this.#node('Add', [plain, linked])
    return this.#objects.some(({ link }) => link === 'noisy-or')
      ? this.#node('Add', [both, this.#noisyOr(tiles)])
      : both
  }

  /** [1, players] */
  #tiles(): string {
    const { rows, cols, tile } = this.#board
    this.#editor.addInput('images', ElemType.FLOAT, [1, 3, rows * tile, cols * tile])
    const scale = 255 / ((HIGH - LOW) * tile * tile)
    const filter = [1, 0, -1].flatMap((channel) =>
      Array.from({ length: tile * tile }, (_, i) => channel * sign(i % tile, Math.floor(i / tile)) * scale),
    )
    const weights = this.#floats([1, 3, tile, tile], filter)
    const attributes = { kernel_shape: ints(tile, tile), strides: ints(tile, tile) }
    this.#editor.addNode('Conv', { inputs: ['images', weights], outputs: [TILES], attributes })
    return this.#node('Reshape', [TILES, this.#integers([2], [1, rows * cols])])
  }

  /** Σ over terms, without bias: terms of one tile are a matrix, the others products and another one. */
  #sums(tiles: string): string {
    const players = this.#board.rows * this.#board.cols
    const singles = new Float32Array(players * this.#objects.length)
    const bySize = new Map<number, { tiles: readonly number[]; weight: number; object: number }[]>()
    for (const [object, { terms, link }] of this.#objects.entries()) {
      if (link === 'noisy-or') continue
      for (const term of terms) {
        const { length } = term.tiles
        if (length === 1) singles[term.tiles[0]! * this.#objects.length + object]! += term.weight
        else bySize.set(length, [...(bySize.get(length) ?? []), { ...term, object }])
      }
    }
    let sums = this.#node('MatMul', [tiles, this.#floats([players, this.#objects.length], singles)])
    for (const [size, terms] of bySize) {
      const indices = this.#integers(
        [terms.length, size],
        terms.flatMap((term) => [...term.tiles]),
      )
      const members = this.#node('Gather', [tiles, indices], { axis: int(1) })
      const products = this.#node('ReduceProd', [members], { axes: ints(2), keepdims: int(0) })
      const weights = terms.flatMap(({ object, weight }) => this.#objects.map((_, i) => (i === object ? weight : 0)))
      const part = this.#node('MatMul', [products, this.#floats([terms.length, this.#objects.length], weights)])
      sums = this.#node('Add', [sums, part])
    }
    return sums
  }

  /** 1 − Π (1 − p z), which is 0 for objects of another link. */
  #noisyOr(tiles: string): string {
    const players = this.#board.rows * this.#board.cols
    const chances = new Float32Array(players * this.#objects.length)
    for (const [object, { terms, link }] of this.#objects.entries()) {
      if (link !== 'noisy-or') continue
      for (const {
        tiles: [tile],
        weight,
      } of terms)
        chances[tile! * this.#objects.length + object] = weight
    }
    const column = this.#node('Reshape', [tiles, this.#integers([3], [1, players, 1])])
    const seen = this.#node('Mul', [column, this.#floats([1, players, this.#objects.length], chances)])
    const one = this.#floats([1], [1])
    const silent = this.#node('ReduceProd', [this.#node('Sub', [one, seen])], { axes: ints(1), keepdims: int(0) })
    return this.#node('Sub', [one, silent])
  }

  /** @param scores [1, objects] */
  bytes(scores: string): Uint8Array {
    const count = this.#objects.length
    const { tile } = this.#board
    const places = this.#objects.map(({ box: [x1, y1, x2, y2] }) => [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1])
    const values = [0, 1, 2, 3].flatMap((value) => places.map((place) => place[value]! * tile))
    const boxes = this.#floats([1, 4, count], values)
    const diagonal = this.#objects.flatMap((_, i) => this.#objects.map((_, j) => Number(i === j)))
    const row = this.#node('Reshape', [scores, this.#integers([3], [1, 1, count])])
    const classes = this.#node('Mul', [row, this.#floats([1, count, count], diagonal)])
    this.#editor.addNode('Concat', { inputs: [boxes, classes], outputs: ['output0'], attributes: { axis: int(1) } })
    this.#editor.addOutput('output0', ElemType.FLOAT, [1, 4 + count, count])
    return encodeModel(this.#editor.model)
  }

  #row(value: (object: Evidence) => number): string {
    return this.#floats([1, this.#objects.length], this.#objects.map(value))
  }

  #node(opType: string, inputs: readonly string[], attributes = {}): string {
    return this.#editor.addNode(opType, { inputs, attributes })[0]!
  }

  #floats(dims: readonly number[], values: ArrayLike<number>): string {
    return this.#editor.addInitializer(tensor(this.#editor.freshName('floats'), dims, Float32Array.from(values)))
  }

  #integers(dims: readonly number[], values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt)
    return this.#editor.addInitializer(tensor(this.#editor.freshName('integers'), dims, data))
  }
}
