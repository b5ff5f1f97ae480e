import { Tensor } from 'onnxruntime-node'
import { type Dim, type Model, vjp } from '../../src/index.ts'
import { type Feeds, sessionOf, shapesIn } from './gradient-check.ts'

interface Asked {
  readonly wrt: readonly string[]
  /** By output; the output's shape. @default all 1 */
  readonly cotangents?: Feeds
  readonly guided?: boolean
  /** @default as a run finds them */
  readonly shapes?: ReadonlyMap<string, readonly Dim[]>
}

/** @returns by value of `wrt`: dL/d(value), with L = Σ cotangent · output over all outputs */
export async function gradientsOf(
  model: Model,
  feeds: Feeds,
  { wrt, cotangents, guided = false, shapes }: Asked,
): Promise<Readonly<Record<string, Tensor>>> {
  const outputs = model.graph!.output.map(({ name }) => name)
  const made = vjp(model, { wrt, outputs, shapes: shapes ?? (await shapesIn(model, feeds)), guided })
  const [plain, session] = await Promise.all([sessionOf(model), sessionOf(made.model)])
  const given = cotangents ?? ones(await plain.run(feeds))
  const held = outputs.map((name) => [made.cotangents[name]!, given[name]!])
  const ran = await session.run({ ...feeds, ...Object.fromEntries(held) })
  return Object.fromEntries(wrt.map((name) => [name, ran[made.gradients[name]!]!]))
}

function ones(outputs: Readonly<Record<string, Tensor>>): Feeds {
  const filled = Object.entries(outputs).map(([name, { data, dims }]) => {
    return [name, new Tensor('float32', new Float32Array(data.length).fill(1), dims)] as const
  })
  return Object.fromEntries(filled)
}
