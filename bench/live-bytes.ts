import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeModel, type Model } from '@fanlight/onnx'
import { open, product, type Runnable } from './gradient-networks.ts'
import { temporaryFolder } from './temporary-folder.ts'

interface Step {
  /** Name of the node, with what kind of event it is. */
  readonly name: string
  readonly cat: string
  readonly args: { readonly output_type_shape: readonly Readonly<Record<string, readonly number[]>>[] }
}

const EVENT = '_kernel_time'
const SIZES: Readonly<Record<string, number>> = { int64: 8, double: 8, bool: 1, uint8: 1, int8: 1, float16: 2 }

/**
 * The most bytes of values that nodes made and that somebody still needs, at any time of a run, weights left out: of the
 * graph as onnxruntime optimised it, in the order in which it ran.
 */
export async function liveBytes({ model, feeds }: Runnable): Promise<number> {
  await using folder = await temporaryFolder()
  const optimised = join(folder.path, 'optimised.onnx')
  const options = {
    enableProfiling: true,
    profileFilePrefix: join(folder.path, 'run'),
    optimizedModelFilePath: optimised,
  }
  const session = await open(named(model), options)
  await session.run(feeds)
  session.endProfiling()
  await session.release()
  const file = (await readdir(folder.path)).find((name) => name.endsWith('.json'))!
  const events: readonly Step[] = JSON.parse(await readFile(join(folder.path, file), 'utf8'))
  const steps = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith(EVENT))
  return mostAlive(decodeModel(await readFile(optimised)), steps)
}

function mostAlive(model: Model, steps: readonly Step[]): number {
  const { node, output } = model.graph!
  const nodes = new Map(node.map((each) => [`${each.name}${EVENT}`, each]))
  const ran = steps.map((step) => ({ node: nodes.get(step.name)!, step }))
  const last = new Map(ran.flatMap(({ node: { input } }, at) => input.map((name) => [name, at] as const)))
  for (const { name } of output) last.set(name, ran.length)
  const alive = new Map<string, number>()
  let bytes = 0
  let most = 0
  for (const [at, { node, step }] of ran.entries()) {
    const made = node.output.filter((name) => name !== '')
    for (const [i, name] of made.entries()) {
      const [type, dims] = Object.entries(step.args.output_type_shape[i]!)[0]!
      alive.set(name, product(dims) * (SIZES[type] ?? 4))
      bytes += alive.get(name)!
    }
    most = Math.max(most, bytes)
    for (const name of [...node.input, ...made]) {
      if ((last.get(name) ?? -1) > at) continue
      bytes -= alive.get(name) ?? 0
      alive.delete(name)
    }
  }
  return most
}

/** Nodes are found in the profile by their names, so each gets one of its own. @returns the model itself */
function named(model: Model): Model {
  for (const [i, node] of model.graph!.node.entries()) node.name = `node ${i}`
  return model
}
