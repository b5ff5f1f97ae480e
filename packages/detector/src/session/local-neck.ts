import { ElemType, GraphEditor, headModel, type LocalHead, localHeads, signatureOf, vjp } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import type { Tensor } from 'onnxruntime-node'
import type { Cotangents } from '../family.ts'
import type { Provider } from '../provider.ts'
import { feed } from './masked-network.ts'
import { float32Output, type OnnxSession, openSession } from './onnx-session.ts'
import { type ProbedNetwork, pictureOf } from './probed-network.ts'
import type { TappedNetwork } from './tapped-network.ts'

type Values = Readonly<Record<string, Tensor>>

/**
 * A neck whose gradients are taken detection by detection, each on the few cells that its head looks at, after one
 * forward for all of them: ten detections cost two forwards instead of fourteen. The numbers are those of the whole
 * maps, with the scales apart.
 * @param layers the neck
 * @returns undefined for a network whose heads are not local, or in which that does not work
 */
export async function openLocalNeck(
  probed: ProbedNetwork,
  layers: readonly string[],
  provider: Provider,
): Promise<TappedNetwork | undefined> {
  const parts = partsOf(probed, layers)
  if (!parts) return undefined
  const { heads, outputs } = parts
  const open = (model: Parameters<typeof openSession>[0]) => openSession(model, provider, { enableMemPattern: false })
  const forward = await open(parts.forward)
  const decoder = await open(parts.back.model)
  const windows: OnnxSession[] = []
  for (const { gradient } of heads) windows.push(await open(gradient.model))
  let last: { readonly image: Tensor; readonly values: Values } | undefined

  const atMaps = async (values: Values, cotangents: Cotangents): Promise<Values> => {
    const feeds: Record<string, Tensor> = {}
    for (const map of heads.flatMap(({ head }) => head.maps)) feeds[map] = values[map]!
    for (const [at, output] of outputs.entries()) {
      const name = parts.back.cotangents[output]
      if (name) feeds[name] = feed(cotangents[at]!, values[output]!.dims)
    }
    const ran = await decoder.run(feeds)
    return Object.fromEntries(Object.entries(parts.back.gradients).map(([map, name]) => [map, ran[name]!]))
  }

  const silent = layers.map((layer) => {
    const { channels, height, width } = pictureOf(probed, layer)
    return new Float32Array(channels * height * width)
  })
  return {
    layers,
    sharesForward: true,
    async close() {
      for (const session of [forward, decoder, ...windows]) await session.release()
    },
    async run(image, cotangents) {
      if (last?.image !== image) last = { image, values: await forward.run({ [probed.input.name]: image }) }
      const { values } = last
      const back = cotangents && (await atMaps(values, cotangents))
      const taps = []
      for (const [i, layer] of layers.entries()) {
        const activation = valuesOf(values[layer]!)
        const cells = back ? cellsIn(heads[i]!.head.maps.map((map) => back[map]!)) : []
        const gradient =
          cells.length > 0
            ? await onWindows(windows[i]!, heads[i]!, values[layer]!, { back: back!, cells })
            : silent[i]!
        taps.push({ ...pictureOf(probed, layer), activation, gradient })
      }
      return { outputs: outputs.map((name) => float32Output(name, values[name]!)), taps }
    },
  }
}

interface Head {
  readonly head: LocalHead
  readonly gradient: ReturnType<typeof vjp>
}

/** The network cut into decoder ∘ heads ∘ rest. */
function partsOf({ model, shapes }: ProbedNetwork, layers: readonly string[]) {
  const outputs = signatureOf(model).outputs.map(({ name }) => name)
  try {
    const found = localHeads(model, shapes, layers)
    if (!found) return undefined
    const maps = found.flatMap((head) => head.maps)
    const editor = new GraphEditor(model)
    for (const name of [...layers, ...maps])
      if (!editor.isOutput(name)) editor.addOutput(name, ElemType.FLOAT, shapes.get(name)!)
    const differentiable = outputs.filter((name) => shapes.has(name))
    const back = vjp(headModel(model, maps, shapes), { wrt: maps, outputs: differentiable, shapes })
    const heads = found.map((head): Head => {
      const { neck, maps, shapes } = head
      return { head, gradient: vjp(head.model, { wrt: [neck], outputs: maps, shapes }) }
    })
    return { forward: editor.model, back, heads, outputs }
  } catch (error) {
    // What stands in the way here need not stand in the way of the whole network's gradient.
    if (error instanceof InputError) return undefined
    throw error
  }
}

/** The gradient at the neck [1, C, H, W], of the cells at whose maps there is one: 0 but around them. */
async function onWindows(
  session: OnnxSession,
  { head, gradient }: Head,
  neck: Tensor,
  { back, cells }: { readonly back: Values; readonly cells: readonly number[] },
): Promise<Float32Array> {
  const [, channels, height, width] = neck.dims as [number, number, number, number]
  const made = new Float32Array(channels * height * width)
  const [rows, columns] = head.shapes.get(head.neck)!.slice(2).map(Number) as [number, number]
  const start = (at: number, size: number, all: number) => Math.max(0, Math.min(at - head.radius, all - size))
  // One at a time: there is hardly ever more than one.
  for (const cell of cells) {
    const [row, column] = [Math.floor(cell / width), cell % width]
    const window: Window = { top: start(row, rows, height), left: start(column, columns, width), rows, columns }
    const feeds: Record<string, Tensor> = { [head.neck]: cutOut(neck, window) }
    for (const map of head.maps) feeds[gradient.cotangents[map]!] = onlyCell(back[map]!, cell, window)
    const ran = valuesOf((await session.run(feeds))[gradient.gradients[head.neck]!]!)
    for (let line = 0; line < channels * rows; line++) {
      const at = (Math.floor(line / rows) * height + window.top + (line % rows)) * width + window.left
      for (let i = 0; i < columns; i++) made[at + i]! += ran[line * columns + i]!
    }
  }
  return made
}

interface Window {
  readonly top: number
  readonly left: number
  readonly rows: number
  readonly columns: number
}

/** Places, row by row, at which any of the maps is not 0. */
function cellsIn(maps: readonly Tensor[]): readonly number[] {
  const found = new Set<number>()
  for (const map of maps) {
    const size = map.dims[2]! * map.dims[3]!
    const values = valuesOf(map)
    for (let i = 0; i < values.length; i++) if (values[i] !== 0) found.add(i % size)
  }
  return [...found].toSorted((a, b) => a - b)
}

function cutOut(tensor: Tensor, { top, left, rows, columns }: Window): Tensor {
  const [, channels, height, width] = tensor.dims as [number, number, number, number]
  const cut = new Float32Array(channels * rows * columns)
  for (let line = 0; line < channels * rows; line++) {
    const from = (Math.floor(line / rows) * height + top + (line % rows)) * width + left
    cut.set(valuesOf(tensor).subarray(from, from + columns), line * columns)
  }
  return feed(cut, [1, channels, rows, columns])
}

/** A window with the numbers of one cell, and 0 elsewhere. */
function onlyCell(map: Tensor, cell: number, { top, left, rows, columns }: Window): Tensor {
  const [, channels, height, width] = map.dims as [number, number, number, number]
  const window = new Float32Array(channels * rows * columns)
  const at = (Math.floor(cell / width) - top) * columns + (cell % width) - left
  for (let channel = 0; channel < channels; channel++)
    window[channel * rows * columns + at] = valuesOf(map)[channel * height * width + cell]!
  return feed(window, [1, channels, rows, columns])
}

const valuesOf = (tensor: Tensor) => tensor.data as Float32Array
