import { InferenceSession, Tensor } from 'onnxruntime-node'
import { type Dim, ElemType, encodeModel, GraphEditor, type Model, vjp } from '../../src/index.ts'

// Gradients against finite differences, in random directions u of the input and v of the outputs:
//
//   Σ v · (f(x + εu) − f(x − εu)) / 2ε  against  Σ u · (∂f/∂x)ᵀ v
//
// A direction along the gradient alone would hide whatever is orthogonal to it.

export type Feeds = Readonly<Record<string, Tensor>>

export interface Check {
  /** Values to differentiate by; inputs of the graph. @default the first input */
  readonly wrt?: readonly string[]
  /** @default all float outputs */
  readonly outputs?: readonly string[]
  /** @default 5 */
  readonly directions?: number
  /** Relative to the size of the input. @default 1e-3 */
  readonly epsilon?: number
  readonly guided?: boolean
  /** What to check in place of the gradient model: one with a mistake. */
  readonly instead?: (gradient: Model) => Model
}

/** Uniform in −1..1; a linear congruential generator, so that a failure can be looked at again. */
export function noise(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  }
}

export function randomTensor(dims: readonly number[], seed: number, scale = 1): Tensor {
  const next = noise(seed)
  const size = dims.reduce((product, dim) => product * dim, 1)
  return new Tensor(
    'float32',
    Float32Array.from({ length: size }, () => scale * next()),
    dims,
  )
}

export const sessionOf = (model: Model): Promise<InferenceSession> =>
  InferenceSession.create(encodeModel(model), { logSeverityLevel: 3, intraOpNumThreads: 1 })

const dataOf = (tensor: Tensor) => tensor.data as Float32Array

/** Shapes of every value, from a run with all of them as outputs. Small models only: the probe is what products use. */
export async function shapesIn(model: Model, feeds: Feeds): Promise<ReadonlyMap<string, readonly Dim[]>> {
  const probe = new GraphEditor(model)
  const values = new Map<string, string>()
  for (const name of model.graph!.node.flatMap(({ output }) => output.filter(Boolean))) {
    const [shape] = probe.addNode('Shape', { inputs: [name] })
    probe.addOutput(shape!, ElemType.INT64, [undefined])
    values.set(shape!, name)
  }
  const shapes = new Map<string, readonly Dim[]>(Object.entries(feeds).map(([name, { dims }]) => [name, dims]))
  for (const { name, dims } of model.graph!.initializer) shapes.set(name, dims.map(Number))
  const ran = await (await sessionOf(probe.model)).run(feeds)
  for (const [output, name] of values) shapes.set(name, Array.from(ran[output]!.data as BigInt64Array, Number))
  return shapes
}

/** @returns ‖numeric − exact‖ ÷ ‖numeric‖ of the derivatives in the directions */
export async function relativeError(model: Model, feeds: Feeds, check: Check = {}): Promise<number> {
  const { wrt = [Object.keys(feeds)[0]!], directions = 5, epsilon = 1e-3, guided = false, instead } = check
  const outputs = check.outputs ?? model.graph!.output.map(({ name }) => name)
  const gradient = vjp(model, { wrt, outputs, shapes: await shapesIn(model, feeds), guided })
  const checked = instead ? instead(gradient.model) : gradient.model
  const [plain, session] = await Promise.all([sessionOf(model), sessionOf(checked)])
  const clean = await plain.run(feeds)
  let [errors, sizes] = [0, 0]
  for (let direction = 0; direction < directions; direction++) {
    const v = Object.fromEntries(
      outputs.map((name, i) => [name, randomTensor(clean[name]!.dims, 1000 * direction + i)]),
    )
    const u = Object.fromEntries(
      wrt.map((name, i) => [name, randomTensor(feeds[name]!.dims, 7000 + 100 * direction + i)]),
    )
    const made = await session.run({
      ...feeds,
      ...Object.fromEntries(outputs.map((name) => [gradient.cotangents[name]!, v[name]!])),
    })
    const [up, down] = await Promise.all([1, -1].map((sign) => plain.run(moved(feeds, u, sign * epsilon))))
    let numeric = 0
    for (const name of outputs) {
      const [a, b, weights] = [dataOf(up![name]!), dataOf(down![name]!), dataOf(v[name]!)]
      for (let i = 0; i < a.length; i++) {
        numeric += (weights[i]! * (a[i]! - b[i]!)) / (2 * epsilon)
      }
    }
    let exact = 0
    for (const name of wrt) {
      const gained = made[gradient.gradients[name]!]!
      if (`${gained.dims}` !== `${feeds[name]!.dims}`)
        throw new Error(`the gradient at ${name} is [${gained.dims}], not [${feeds[name]!.dims}]`)
      const [g, weights] = [dataOf(gained), dataOf(u[name]!)]
      for (let i = 0; i < g.length; i++) exact += g[i]! * weights[i]!
    }
    errors += (numeric - exact) ** 2
    sizes += numeric ** 2
  }
  return Math.sqrt(errors / sizes)
}

function moved(feeds: Feeds, direction: Feeds, step: number): Record<string, Tensor> {
  const shifted = { ...feeds }
  for (const [name, { data, dims }] of Object.entries(direction)) {
    const start = dataOf(feeds[name]!)
    shifted[name] = new Tensor(
      'float32',
      start.map((value, i) => value + step * (data as Float32Array)[i]!),
      dims,
    )
  }
  return shifted
}
