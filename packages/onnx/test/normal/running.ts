import assert from 'node:assert/strict'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { ElemType, encodeModel, GraphEditor, type Model, newModel, normalised, opsetOf } from '../../src/index.ts'

export type Feeds = Readonly<Record<string, Tensor>>
export type Outputs = Readonly<Record<string, Tensor>>

/** image → whatever `build` adds → output, of unknown shape. */
export function built(opset: number, dims: readonly number[], build: (editor: GraphEditor) => void): Model {
  const editor = new GraphEditor(newModel({ name: 'net', producer: 'test', opset }))
  editor.addInput('image', ElemType.FLOAT, dims)
  build(editor)
  if (editor.model.graph!.output.length === 0) editor.addOutput('output', ElemType.FLOAT, [])
  // A shape that the test does not say.
  for (const { name, type } of editor.model.graph!.output) {
    if (name === 'output' && type?.value.case === 'tensorType') delete type.value.value.shape
  }
  return editor.model
}

/** Pseudo-random numbers in −1..1, or in 0..scale. */
export function randomImage(dims: readonly number[], seed = 1, scale?: number): Tensor {
  let state = seed
  const size = dims.reduce((product, dim) => product * dim, 1)
  const values = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return scale === undefined ? state / 0x40000000 - 1 : (state / 0x7fffffff) * scale
  })
  return new Tensor('float32', values, dims)
}

export async function run(model: Model, feeds: Feeds): Promise<Outputs> {
  // Optimised, the same network rounds differently in another opset.
  const options = { graphOptimizationLevel: 'disabled', intraOpNumThreads: 1, logSeverityLevel: 4 } as const
  const session = await InferenceSession.create(encodeModel(model), options)
  const outputs = (await session.run(feeds)) as Outputs
  await session.release()
  return outputs
}

/** The normalised model, of opset 17 or later, gives what the model itself gives. */
export async function assertSame(
  model: Model,
  feeds: Feeds,
  { tolerance = 1e-5, freeBatch = true }: { readonly tolerance?: number; readonly freeBatch?: boolean } = {},
): Promise<Model> {
  const before = encodeModel(model)
  const normal = normalised(model, { freeBatch })
  assert.deepEqual(encodeModel(model), before)
  assert.ok(opsetOf(normal) >= 17)
  assertClose(await run(normal, feeds), await run(model, feeds), tolerance)
  return normal
}

/** Every value, against the largest of its output. */
export function assertClose(actual: Outputs, expected: Outputs, tolerance: number): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected))
  for (const [name, { dims, data }] of Object.entries(expected)) {
    assert.deepEqual(actual[name]!.dims, dims)
    const [values, wanted] = [numbersIn(actual[name]!), Array.from(data as Float32Array, Number)]
    const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const worst = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - values[i]!)), 0)
    assert.ok(scale > 0 && worst <= tolerance * scale, `${name} differs by ${worst} of ${scale}`)
  }
}

export function numbersIn(tensor: Tensor): readonly number[] {
  return Array.from(tensor.data as Float32Array, Number)
}

export function opTypesIn(model: Model): readonly string[] {
  return model.graph!.node.map(({ opType }) => opType)
}

/** Two images give what each gives alone. */
export async function assertFree(model: Model, inputName: string, images: readonly [Tensor, Tensor], tolerance = 1e-5) {
  const one = await run(model, { [inputName]: images[0] })
  const other = await run(model, { [inputName]: images[1] })
  const dims = [2, ...images[0].dims.slice(1)]
  const data = Float32Array.from([...numbersIn(images[0]), ...numbersIn(images[1])])
  const both = await run(model, { [inputName]: new Tensor('float32', data, dims) })
  const joined = Object.entries(one).map(([name, first]) => {
    const values = Float32Array.from([...numbersIn(first), ...numbersIn(other[name]!)])
    return [name, new Tensor('float32', values, [2, ...first.dims.slice(1)])]
  })
  assertClose(both, Object.fromEntries(joined), tolerance)
}
