import { sha256 } from '@fanlight/contracts'
import { ElemType, encodeModel, GraphEditor, int, ints, newModel, tensor } from '@fanlight/onnx'
import sharp from 'sharp'

// A detector that costs next to nothing, so that all the rest is what is measured: it finds bright squares.

const SIZE = 32
const CELL = 8
const CELLS = (SIZE / CELL) ** 2

/** An ONNX file of Ultralytics' layout, [1, 3, 32, 32] → [1, 5, 16]: a cell's score is how bright it is. */
export function tinyDetector(): Uint8Array {
  const metadata = { names: "{0: 'square'}", stride: '8', task: 'detect' }
  const editor = new GraphEditor(newModel({ name: 'tiny', opset: 17, producer: 'fanlight bench', metadata }))
  editor.addInput('images', ElemType.FLOAT, [1, 3, SIZE, SIZE])
  const weights = editor.addInitializer(
    tensor('weights', [1, 3, CELL, CELL], new Float32Array(3 * CELL * CELL).fill(20 / (3 * CELL * CELL))),
  )
  const bias = editor.addInitializer(tensor('bias', [1], Float32Array.of(-12)))
  const attributes = { kernel_shape: ints(CELL, CELL), strides: ints(CELL, CELL) }
  const [bright] = editor.addNode('Conv', { inputs: ['images', weights, bias], attributes })
  const [scores] = editor.addNode('Sigmoid', { inputs: [bright!] })
  const shape = editor.addInitializer(tensor('shape', [3], BigInt64Array.of(1n, 1n, BigInt(CELLS))))
  const [row] = editor.addNode('Reshape', { inputs: [scores!, shape] })
  const boxes = editor.addInitializer(tensor('boxes', [1, 4, CELLS], cellBoxes()))
  editor.addNode('Concat', { inputs: [boxes, row!], outputs: ['output0'], attributes: { axis: int(1) } })
  editor.addOutput('output0', ElemType.FLOAT, [1, 5, CELLS])
  return encodeModel(editor.model)
}

/** [4, cells]: centre x, centre y, width, height, in pixels. */
function cellBoxes(): Float32Array {
  const columns = SIZE / CELL
  const centre = (i: number) => (i + 0.5) * CELL
  const cells = Array.from({ length: CELLS }, (_, i) => [
    centre(i % columns),
    centre(Math.floor(i / columns)),
    CELL,
    CELL,
  ])
  return Float32Array.from([0, 1, 2, 3].flatMap((value) => cells.map((cell) => cell[value]!)))
}

/** A PNG of 32 × 32 with one bright square, whose place and colours follow from its number alone. */
export function tinyPhoto(number: number): Promise<Buffer> {
  const dice = Buffer.from(sha256(`tiny ${number}`), 'hex')
  const colour = (at: number, from: number) => ({
    r: from + (dice[at]! >> 3),
    g: from + (dice[at + 1]! >> 3),
    b: from + (dice[at + 2]! >> 3),
  })
  const square = { width: CELL + 2, height: CELL + 2, channels: 3 as const, background: colour(3, 220) }
  const place = (at: number) => (dice[at]! % (SIZE / CELL - 1)) * CELL
  // What is left of the dice is noise that makes each photo one of its own.
  const noise = { raw: { width: 4, height: 2, channels: 3 as const } }
  return sharp({ create: { width: SIZE, height: SIZE, channels: 3, background: colour(0, 20) } })
    .composite([
      { input: dice.subarray(8, 32), ...noise, left: SIZE - 4, top: SIZE - 2 },
      { input: { create: square }, left: place(6), top: place(7) },
    ])
    .png()
    .toBuffer()
}
