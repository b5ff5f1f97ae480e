import { colourMap } from '@fanlight/image/colour-map'
import { InputError } from '@fanlight/ports'

/** Of pixels; larger choices are refused. */
const MAX_SIDE = 4096
/** A picture is enlarged to about this. */
const WANTED_SIDE = 640
const MAX_CELL_PX = 20
const GAP_PX = 2
/** Darker than zero is in either kind, so that the borders of kernels show. */
const GAP_GREY = 40

/** Numbers of kernels, by filter and input channel; all of them finite. */
export interface Kernels {
  readonly filters: readonly number[]
  readonly inputs: readonly number[]
  readonly rows: number
  readonly columns: number
  at(filter: number, input: number, row: number, column: number): number
}

/** Largest magnitude of a filter. */
export function largestOf({ inputs, rows, columns, at }: Kernels, filter: number): number {
  let most = 0
  for (const input of inputs) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) most = Math.max(most, Math.abs(at(filter, input, row, column)))
    }
  }
  return most
}

type Rgb = readonly [number, number, number]
/** The colour of one weight of a filter. */
type Paint = (filter: number, row: number, column: number) => Rgb

type ScaleOf = (filter: number) => number

export function colours({ at }: Kernels, scaleOf: ScaleOf, channels: 'RGB' | 'BGR'): Paint {
  const order = channels === 'RGB' ? [0, 1, 2] : [2, 1, 0]
  return (filter, row, column) => {
    const most = scaleOf(filter) || 1
    const [red, green, blue] = order.map((input) => Math.round(127.5 * (1 + at(filter, input, row, column) / most)))
    return [red!, green!, blue!]
  }
}

export function signs({ at, inputs }: Kernels, scaleOf: ScaleOf): Paint {
  return (filter, row, column) => signed(scaleOf(filter), at(filter, inputs[0]!, row, column))
}

function signed(most: number, value: number): Rgb {
  const { r, g, b } = colourMap('signed', most)(value)
  return [r, g, b]
}

/** RGB of 8 bits, row-major from the top left. */
export interface Drawn {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
  /** Tiles in a row. */
  readonly columns: number
}

/** A tile a filter, in about as many rows as columns. */
export function drawTiles({ filters, rows, columns }: Kernels, paint: Paint): Drawn {
  const across = Math.ceil(Math.sqrt((filters.length * rows) / columns))
  const down = Math.ceil(filters.length / across)
  const canvas = new Canvas(across, down, [rows, columns], GAP_PX)
  for (const [at, filter] of filters.entries()) {
    canvas.tile(at % across, Math.floor(at / across), (row, column) => paint(filter, row, column))
  }
  return { ...canvas.picture, columns: across }
}

/** A row a filter, a column an input channel; a heat map of single weights where the kernel is 1 × 1. */
export function drawMatrix({ filters, inputs, rows, columns, at }: Kernels, most: number): Drawn {
  const canvas = new Canvas(inputs.length, filters.length, [rows, columns], rows * columns === 1 ? 0 : GAP_PX)
  for (const [y, filter] of filters.entries()) {
    for (const [x, input] of inputs.entries())
      canvas.tile(x, y, (row, column) => signed(most, at(filter, input, row, column)))
  }
  return { ...canvas.picture, columns: inputs.length }
}

class Canvas {
  readonly picture: { readonly width: number; readonly height: number; readonly data: Uint8Array }
  readonly #kernel: readonly [number, number]
  readonly #gap: number
  readonly #cell: number

  constructor(across: number, down: number, kernel: readonly [number, number], gap: number) {
    const [rows, columns] = kernel
    const cells = Math.max(across * columns, down * rows)
    this.#cell = Math.min(MAX_CELL_PX, Math.max(1, Math.floor(WANTED_SIDE / cells)))
    this.#kernel = kernel
    this.#gap = gap
    const width = across * (columns * this.#cell + gap) + gap
    const height = down * (rows * this.#cell + gap) + gap
    if (width > MAX_SIDE || height > MAX_SIDE) {
      const message = `a picture of ${down} × ${across} kernels of ${rows} × ${columns} is too large`
      throw new InputError('USAGE', `${message}: choose fewer filters or input channels`)
    }
    this.picture = { width, height, data: new Uint8Array(width * height * 3).fill(GAP_GREY) }
  }

  tile(x: number, y: number, colour: (row: number, column: number) => Rgb): void {
    const [rows, columns] = this.#kernel
    const [left, top] = [
      this.#gap + x * (columns * this.#cell + this.#gap),
      this.#gap + y * (rows * this.#cell + this.#gap),
    ]
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        this.#cellAt(left + column * this.#cell, top + row * this.#cell, colour(row, column))
      }
    }
  }

  #cellAt(left: number, top: number, colour: Rgb): void {
    const { width, data } = this.picture
    for (let y = top; y < top + this.#cell; y++) {
      for (let x = left; x < left + this.#cell; x++) data.set(colour, (y * width + x) * 3)
    }
  }
}
