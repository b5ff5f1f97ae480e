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

/** 0, which only a run can tell. */
function addZero(editor: GraphEditor, input: readonly Dim[]): string {
  editor.addInput('images', ElemType.FLOAT, input)
  const attributes = { axes: ints(0, 1, 2, 3), keepdims: int(0) }
  const [mean] = editor.addNode('ReduceMean', { inputs: ['images'], attributes })
  const nothing = editor.addInitializer(tensor('nothing', [], Float32Array.of(0)))
  return editor.addNode('Mul', { inputs: [mean!, nothing] })[0]!
}

/** YOLOX of one class at 64 × 64 pixels: 84 predictions of nothing. */
const NOTHING: SyntheticOutput = { name: 'output', dims: [1, 84, 6], data: new Float32Array(84 * 6) }

/** 0 / 0. */
export function nanModel(): Uint8Array {
  return spoiled((editor, zero) => editor.addNode('Div', { inputs: [zero, zero] })[0]!)
}

/** Runs its body 2⁶² times. */
export function endlessModel(): Uint8Array {
  return spoiled((editor, zero) => {
    const count = editor.addInitializer(tensor('count', [], BigInt64Array.of(2n ** 62n)))
    const graph = new GraphEditor(newModel({ name: 'body', opset: 13, producer: 'test' }))
    graph.addInput('i', ElemType.INT64, [])
    graph.addInput('on', ElemType.BOOL, [])
    graph.addInput('carried', ElemType.FLOAT, [])
    graph.addNode('Identity', { inputs: ['on'], outputs: ['still on'] })
    graph.addNode('Sin', { inputs: ['carried'], outputs: ['next'] })
    graph.addOutput('still on', ElemType.BOOL, [])
    graph.addOutput('next', ElemType.FLOAT, [])
    const GRAPH = 5
    return editor.addNode('Loop', {
      inputs: [count, '', zero],
      attributes: { body: { type: GRAPH, g: graph.model.graph! } },
    })[0]!
  })
}

/** Fills some 10 GB with a number that depends on the photo, in four steps. */
export function greedyModel(): Uint8Array {
  return spoiled((editor, zero) => {
    const shape = editor.addInitializer(tensor('shape', [2], BigInt64Array.of(1024n * 640n, 1024n)))
    const parts = Array.from({ length: 4 }, (_, i) => {
      const part = editor.addInitializer(tensor(`part ${i}`, [], Float32Array.of(i)))
      const [number] = editor.addNode('Add', { inputs: [zero, part] })
      return editor.addNode('Expand', { inputs: [number!, shape] })[0]!
    })
    const all = editor.addNode('Sum', { inputs: parts })[0]!
    return editor.addNode('ReduceMax', { inputs: [all], attributes: { keepdims: int(0) } })[0]!
  })
}

/** A YOLOX network to whose output a number is added that is not so easily had. */
function spoiled(add: (editor: GraphEditor, zero: string) => string): Uint8Array {
  const editor = new GraphEditor(newModel({ name: 'spoiled', opset: 13, producer: 'test' }))
  const number = add(editor, addZero(editor, [1, 3, 64, 64]))
  const values = editor.addInitializer(tensor('values', NOTHING.dims, NOTHING.data))
  editor.addNode('Add', { inputs: [values, number], outputs: [NOTHING.name] })
  editor.addOutput(NOTHING.name, ElemType.FLOAT, NOTHING.dims)
  return encodeModel(editor.model)
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

/** −2⁶³ / −1 overflows: the processor's own trap, on x86, ends the process. At load the constants are folded. */
export function crashingModel(when: 'load' | 'run'): Uint8Array {
  return spoiled((editor, zero) => {
    const lowest = editor.addInitializer(tensor('lowest', [], BigInt64Array.of(-(2n ** 63n))))
    const minusOne = editor.addInitializer(tensor('minus one', [], BigInt64Array.of(-1n)))
    const [late] = editor.addNode('Cast', { inputs: [zero], attributes: { to: int(ElemType.INT64) } })
    const top = when === 'load' ? lowest : editor.addNode('Add', { inputs: [lowest, late!] })[0]!
    const [quotient] = editor.addNode('Div', { inputs: [top, minusOne] })
    return editor.addNode('Cast', { inputs: [quotient!], attributes: { to: int(ElemType.FLOAT) } })[0]!
  })
}
