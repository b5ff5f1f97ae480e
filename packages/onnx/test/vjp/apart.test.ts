import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tensor } from 'onnxruntime-node'
import { ElemType, GraphEditor, neckOf, newModel, normalised, shapeProbe, vjp } from '../../src/index.ts'
import { sessionOf } from './gradient-check.ts'
import { reference } from './references.ts'

const numbersOf = (tensor: unknown) => (tensor as Tensor).data as Float32Array

test('values apart: no gradient goes through one of them to another', async () => {
  const editor = new GraphEditor(newModel({ name: 'net', producer: 'test', opset: 17 }))
  editor.addInput('x', ElemType.FLOAT, [1])
  // a = x², b = a², y = a · b
  editor.addNode('Mul', { inputs: ['x', 'x'], outputs: ['a'] })
  editor.addNode('Mul', { inputs: ['a', 'a'], outputs: ['b'] })
  editor.addNode('Mul', { inputs: ['a', 'b'], outputs: ['y'] })
  editor.addOutput('y', ElemType.FLOAT, [1])
  const shapes = new Map(['x', 'a', 'b', 'y'].map((name) => [name, [1]]))
  const at = async (apart: boolean) => {
    const { model, cotangents, gradients } = vjp(editor.model, { wrt: ['a', 'b'], outputs: ['y'], shapes, apart })
    const one = new Tensor('float32', [1], [1])
    const made = await (await sessionOf(model)).run({ x: new Tensor('float32', [3], [1]), [cotangents.y!]: one })
    return ['a', 'b'].map((name) => numbersOf(made[gradients[name]!]!)[0])
  }
  assert.deepEqual(await at(false), [3 * 9 ** 2, 9])
  assert.deepEqual(await at(true), [9 ** 2, 9])
})

test('a detection has its gradient at its own scale of the neck only, the same as without the others', async () => {
  const recorded = await reference('yolov5-like')
  const model = normalised(recorded.model, { freeBatch: false })
  const images = await recorded.tensor(recorded.inputs.images!)
  const probe = shapeProbe(model)
  const shapes = probe.read(await (await sessionOf(probe.model)).run({ images }))
  const wrt = neckOf(model, shapes, 'images')
  const [, anchors, values] = shapes.get('output')!
  // The last anchor is of the coarsest scale; its first class.
  const cotangent = new Float32Array(anchors! * values!)
  cotangent[(anchors! - 1) * values! + 5] = 1
  const norms = async (apart: boolean, ...taps: readonly string[]) => {
    const gradient = vjp(model, { wrt: taps, outputs: ['output'], shapes, apart })
    const direction = new Tensor('float32', cotangent, [1, anchors!, values!])
    const made = await (await sessionOf(gradient.model)).run({ images, [gradient.cotangents.output!]: direction })
    return taps.map((name) => Math.hypot(...numbersOf(made[gradient.gradients[name]!]!)))
  }
  const [alone] = await norms(false, wrt.at(-1)!)
  assert.ok(alone! > 0)
  assert.deepEqual(await norms(true, ...wrt), [0, 0, alone])
  assert.ok((await norms(false, ...wrt)).every((norm) => norm > 0))
})
