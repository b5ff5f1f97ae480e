import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeProto } from '../../src/generated/onnx_pb.ts'
import { GraphEditor, type Model, newNode } from '../../src/index.ts'
import { gradientCases } from './cases/index.ts'
import { relativeError } from './gradient-check.ts'

// The check itself is checked: mistakes as one makes them, planted in the adjoint's nodes, have to be seen.

/** A node of the adjoint with the mistake; undefined where it is as it should be. */
type Mistake = (node: NodeProto, made: ReadonlyMap<string, NodeProto>) => NodeProto | undefined

const instead = (node: NodeProto, opType: string, ...inputs: readonly string[]) =>
  newNode(opType, { inputs, outputs: node.output })

/** @returns how a model is spoiled whose first nodes are the network's own */
const planted = (mistake: Mistake, forward: number) => (gradient: Model) => {
  const editor = new GraphEditor(gradient)
  const adjoint = new Set(editor.nodes.slice(forward))
  const made = new Map(editor.nodes.flatMap((node) => node.output.map((output) => [output, node] as const)))
  let count = 0
  editor.replaceNodes((node) => {
    const wrong = adjoint.has(node) ? mistake(node, made) : undefined
    if (wrong) count++
    return [wrong ?? node]
  })
  assert.ok(count > 0, 'the mistake finds no place')
  return editor.model
}

const mistakes: Readonly<Record<string, readonly [op: string, variant: string, mistake: Mistake]>> = {
  'a sigmoid’s slope y instead of y (1 − y)': [
    'Sigmoid',
    'plain',
    (node, made) =>
      node.opType === 'Mul' && made.get(node.input[1]!)?.opType === 'Sub'
        ? instead(node, 'Identity', node.input[0]!)
        : undefined,
  ],
  'a convolution’s kernels not mirrored': [
    'Conv',
    '3 × 3, padded',
    (node) => (node.opType === 'Slice' ? instead(node, 'Identity', node.input[0]!) : undefined),
  ],
  'one of two uses of a value forgotten': [
    'Mul',
    'a value by itself',
    (node) => (node.opType === 'Sum' ? instead(node, 'Identity', node.input[0]!) : undefined),
  ],
  'a quotient’s sign lost': [
    'Div',
    'equal shapes',
    (node) => (node.opType === 'Neg' ? instead(node, 'Identity', node.input[0]!) : undefined),
  ],
  'a maximum’s gradient given to every place of its window': [
    'MaxPool',
    '3 × 3, stride 2, padded, overlapping',
    (node) => (node.opType === 'Equal' ? instead(node, 'Equal', node.input[1]!, node.input[1]!) : undefined),
  ],
  'the second term of a GELU’s slope dropped': [
    'Gelu',
    'by erf',
    (node, made) =>
      node.opType === 'Add' && made.get(node.input[1]!)?.opType === 'Mul'
        ? instead(node, 'Identity', node.input[0]!)
        : undefined,
  ],
}

for (const [name, [op, variant, mistake]] of Object.entries(mistakes)) {
  test(`The check sees ${name}`, async () => {
    const found = gradientCases.find((each) => each.op === op && each.variant === variant)
    assert.ok(found, `no case ${op}, ${variant}`)
    const { model, feeds, wrt, linear } = found
    const check = { wrt, epsilon: linear ? 1 : 1e-3 }
    const sound = await relativeError(model, feeds, check)
    const spoiled = await relativeError(model, feeds, { ...check, instead: planted(mistake, model.graph!.node.length) })
    assert.ok(sound <= 1e-3 && spoiled > 1e-1, `${sound} without and ${spoiled} with the mistake`)
  })
}
