import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { type Dim, ElemType, encodeModel, GraphEditor, int, ints, newModel, tensor } from '@fanlight/onnx'

export interface SyntheticOutput {
  readonly name: string
  readonly dims: readonly number[]
  readonly data: Float32Array
  /** As the file says it. @default dims */
  readonly shape?: readonly Dim[]
}

export interface Synthetic {
  readonly outputs: readonly SyntheticOutput[]
  /** @default [1, 3, 64, 64] */
  readonly input?: readonly Dim[]
  readonly metadata?: Readonly<Record<string, string>>
}

/** A network whose outputs are what is given, plus nothing times the photo: every layout without training one. */
export function syntheticModel({ outputs, input = [1, 3, 64, 64], metadata = {} }: Synthetic): Uint8Array {
  const editor = new GraphEditor(newModel({ name: 'synthetic', opset: 13, producer: 'test', metadata }))
  const zero = addZero(editor, input)
  for (const { name, dims, data, shape } of outputs) {
    const values = editor.addInitializer(tensor(`${name} values`, dims, data))
    editor.addNode('Add', { inputs: [values, zero], outputs: [name] })
    editor.addOutput(name, ElemType.FLOAT, shape ?? dims)
  }
  return encodeModel(editor.model)
}

/**
 * A classifier in closed form: of the photo's quadrants, row by row, which is the brightest? The logit of each is
 * `QUADRANT_GAIN` times its mean brightness of 0..1.
 */
export function quadrantClassifier(): Uint8Array {
  const metadata = {
    'fanlight.classes': JSON.stringify(QUADRANTS),
    'fanlight.mean': '[0, 0, 0]',
    'fanlight.std': '[255, 255, 255]',
  }
  const editor = new GraphEditor(newModel({ name: 'quadrants', opset: 13, producer: 'test', metadata }))
  editor.addInput('images', ElemType.FLOAT, [1, 3, 64, 64])
  const [grey] = editor.addNode('ReduceMean', { inputs: ['images'], attributes: { axes: ints(1), keepdims: int(1) } })
  const pooling = { kernel_shape: ints(32, 32), strides: ints(32, 32) }
  const [means] = editor.addNode('AveragePool', { inputs: [grey!], attributes: pooling })
  const [row] = editor.addNode('Flatten', { inputs: [means!] })
  const gain = editor.addInitializer(tensor('gain', [], Float32Array.of(QUADRANT_GAIN)))
  editor.addNode('Mul', { inputs: [row!, gain], outputs: ['logits'] })
  editor.addOutput('logits', ElemType.FLOAT, [1, QUADRANTS.length])
  return encodeModel(editor.model)
}

export const QUADRANTS = ['upper left', 'upper right', 'lower left', 'lower right']
export const QUADRANT_GAIN = 6

/** 0, which only a run can tell. */
function addZero(editor: GraphEditor, input: readonly Dim[]): string {
  editor.addInput('images', ElemType.FLOAT, input)
  const attributes = { axes: ints(0, 1, 2, 3), keepdims: int(0) }
  const [mean] = editor.addNode('ReduceMean', { inputs: ['images'], attributes })
  const factor = editor.addInitializer(tensor('factor', [], Float32Array.of(0)))
  const [zero] = editor.addNode('Mul', { inputs: [mean!, factor] })
  return zero!
}

/**
 * When a network does its mischief, by the brightest value that it is given. The grey first run is dark for YOLOX;
 * a photo of black and white is neither dark nor dull, until it is masked with its mean.
 */
const triggers = { always: [-1, 1e9], white: [100, 1e9], dull: [100, 200] } as const
export type Trigger = keyof typeof triggers

/** 0 / 0. */
export function nanModel(trigger: Trigger): Uint8Array {
  return trap(trigger, ({ editor, flag }) => {
    const one = editor.addInitializer(tensor('one', [], Float32Array.of(1)))
    const [rest] = editor.addNode('Sub', { inputs: [one, flag] })
    const [nothing] = editor.addNode('Sub', { inputs: [flag, flag] })
    return editor.addNode('Div', { inputs: [nothing!, rest!] })[0]!
  })
}

/** Runs a loop 2⁶² times. */
export function endlessModel(trigger: Trigger): Uint8Array {
  return trap(trigger, ({ editor, flag, whole }) => {
    const times = editor.addInitializer(tensor('times', [], BigInt64Array.of(2n ** 62n)))
    const [count] = editor.addNode('Mul', { inputs: [whole, times] })
    const body = new GraphEditor(newModel({ name: 'body', opset: 13, producer: 'test' }))
    body.addInput('i', ElemType.INT64, [])
    body.addInput('on', ElemType.BOOL, [])
    body.addInput('carried', ElemType.FLOAT, [])
    body.addNode('Identity', { inputs: ['on'], outputs: ['still on'] })
    body.addNode('Sin', { inputs: ['carried'], outputs: ['next'] })
    body.addOutput('still on', ElemType.BOOL, [])
    body.addOutput('next', ElemType.FLOAT, [])
    const attributes = { body: { type: GRAPH, g: body.model.graph! } } as const
    return editor.addNode('Loop', { inputs: [count!, '', flag], attributes })[0]!
  })
}

const GRAPH = 5

/** Fills 10 GB, in four steps. */
export function greedyModel(trigger: Trigger): Uint8Array {
  return trap(trigger, ({ editor, flag, whole }) => {
    const small = editor.addInitializer(tensor('small', [2], BigInt64Array.of(1n, 1n)))
    const more = editor.addInitializer(tensor('more', [2], BigInt64Array.of(640n * 1024n - 1n, 1023n)))
    const [added] = editor.addNode('Mul', { inputs: [more, whole] })
    const [shape] = editor.addNode('Add', { inputs: [small, added!] })
    const parts = Array.from({ length: 4 }, (_, i) => {
      const number = editor.addInitializer(tensor(`number ${i}`, [], Float32Array.of(i)))
      const [value] = editor.addNode('Add', { inputs: [flag, number] })
      return editor.addNode('Expand', { inputs: [value!, shape!] })[0]!
    })
    const [sum] = editor.addNode('Sum', { inputs: parts })
    return editor.addNode('ReduceMax', { inputs: [sum!], attributes: { keepdims: int(0) } })[0]!
  })
}

/** −2⁶³ / −1 overflows: the trap of an x86 processor ends the process. `load`: constants are folded there. */
export function crashingModel(trigger: Trigger | 'load', batch: Dim = 1): Uint8Array {
  return trap(trigger === 'load' ? 'always' : trigger, crash, batch)

  function crash({ editor, whole }: TrapParts): string {
    const lowest = editor.addInitializer(tensor('lowest', [], BigInt64Array.of(-(2n ** 63n))))
    const one = editor.addInitializer(tensor('one', [], BigInt64Array.of(1n)))
    const minusOne = editor.addInitializer(tensor('minus one', [], BigInt64Array.of(-1n)))
    const minusTwo = editor.addInitializer(tensor('minus two', [], BigInt64Array.of(-2n)))
    const [twice] = editor.addNode('Mul', { inputs: [whole, minusTwo] })
    const divisor = trigger === 'load' ? minusOne : editor.addNode('Add', { inputs: [one, twice!] })[0]!
    const [quotient] = editor.addNode('Div', { inputs: [lowest, divisor] })
    return editor.addNode('Cast', { inputs: [quotient!], attributes: { to: int(ElemType.FLOAT) } })[0]!
  }
}

interface TrapParts {
  readonly editor: GraphEditor
  /** 1 when it is time, else 0. */
  readonly flag: string
  /** The same as int64. */
  readonly whole: string
}

/** YOLOX of one class that always sees one thing in the middle, and on the way makes a number. */
function trap(trigger: Trigger, add: (parts: TrapParts) => string, batch: Dim = 1): Uint8Array {
  const editor = new GraphEditor(newModel({ name: 'trap', opset: 13, producer: 'test' }))
  editor.addInput('images', ElemType.FLOAT, [batch, 3, 64, 64])
  const constant = (name: string, value: number) => editor.addInitializer(tensor(name, [], Float32Array.of(value)))
  const [brightest] = editor.addNode('ReduceMax', { inputs: ['images'], attributes: { keepdims: int(0) } })
  const [above] = editor.addNode('Greater', { inputs: [brightest!, constant('least', triggers[trigger][0])] })
  const [below] = editor.addNode('Less', { inputs: [brightest!, constant('most', triggers[trigger][1])] })
  const [sprung] = editor.addNode('And', { inputs: [above!, below!] })
  const cast = (to: ElemType) => editor.addNode('Cast', { inputs: [sprung!], attributes: { to: int(to) } })[0]!
  const number = add({ editor, flag: cast(ElemType.FLOAT), whole: cast(ElemType.INT64) })
  const [nothing] = editor.addNode('Mul', { inputs: [number, constant('naught', 0)] })
  const seen = new Float32Array(84 * 6)
  seen.set([0, 0, 1, 1, 1, 0.75], (64 + 10) * 6)
  const [perImage] = editor.addNode('ReduceMax', {
    inputs: ['images'],
    attributes: { axes: ints(2, 3), keepdims: int(1) },
  })
  const [perRow] = editor.addNode('ReduceMax', { inputs: [perImage!], attributes: { axes: ints(1), keepdims: int(0) } })
  const [noneOfIt] = editor.addNode('Mul', { inputs: [perRow!, constant('none', 0)] })
  const [ofEach] = editor.addNode('Add', { inputs: [noneOfIt!, nothing!] })
  editor.addNode('Add', {
    inputs: [editor.addInitializer(tensor('seen', [1, 84, 6], seen)), ofEach!],
    outputs: ['output'],
  })
  editor.addOutput('output', ElemType.FLOAT, [batch, 84, 6])
  return encodeModel(editor.model)
}

/** A network one of whose weights lies in another file. */
export function externalModel(location: string): Uint8Array {
  const editor = new GraphEditor(newModel({ name: 'external', opset: 13, producer: 'test' }))
  editor.addInput('images', ElemType.FLOAT, [1, 3, 64, 64])
  const weight = tensor('weight', [1], Float32Array.of(0))
  weight.rawData = new Uint8Array()
  weight.dataLocation = 1
  const entry = (key: string, value: string) => ({ $typeName: 'onnx.StringStringEntryProto' as const, key, value })
  weight.externalData = [entry('location', location), entry('length', '4')]
  editor.addNode('Add', { inputs: ['images', editor.addInitializer(weight)], outputs: ['output'] })
  editor.addOutput('output', ElemType.FLOAT, [1, 3, 64, 64])
  return encodeModel(editor.model)
}

/** An uncompressed photo of one grey. */
export function plainPhoto(grey: number, width = 64, height = width): Uint8Array {
  const [header, row] = [54, width * 3 + ((4 - ((width * 3) % 4)) % 4)]
  const bytes = Buffer.alloc(header + row * height, grey)
  bytes.fill(0, 0, header)
  bytes.write('BM')
  bytes.writeUInt32LE(bytes.length, 2)
  bytes.writeUInt32LE(header, 10)
  bytes.writeUInt32LE(40, 14)
  bytes.writeInt32LE(width, 18)
  bytes.writeInt32LE(height, 22)
  bytes.writeUInt16LE(1, 26)
  bytes.writeUInt16LE(24, 28)
  bytes.writeUInt32LE(row * height, 34)
  return bytes
}

/** A folder for the test file's models, gone when it ends. */
export function scratchFolder(): { path(name: string): string; write(name: string, bytes: Uint8Array): string } {
  const folder = mkdtempSync(join(tmpdir(), 'fanlight-detector-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const path = (name: string) => join(folder, name)
  return {
    path,
    write(name, bytes) {
      writeFileSync(path(name), bytes)
      return path(name)
    },
  }
}
