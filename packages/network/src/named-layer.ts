import { nearestNames } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import type { Layer, Layers } from './layers.ts'
import type { LayerSummary } from './summary.ts'

const MAX_SHOWN_LENGTH = 80

/**
 * A layer by its name, or by the name of a value that it makes.
 * @throws InputError `NOT_FOUND` offering the layer whose name is nearest
 */
export function layerNamed({ all, makers }: Layers, wanted: string): Layer {
  return all.find(({ name }) => name === wanted) ?? makers.get(wanted) ?? noLayer(wanted, all)
}

/** The same among layers as `summaryOf` tells them. */
export function layerIn(layers: readonly LayerSummary[], wanted: string): LayerSummary {
  return (
    layers.find(({ name }) => name === wanted) ??
    layers.find(({ output }) => output === wanted) ??
    noLayer(wanted, layers)
  )
}

function noLayer(wanted: string, layers: readonly { readonly name: string }[]): never {
  const names = layers.map(({ name }) => name)
  const [near] = nearestNames(wanted, names, 1)
  const remedy = near === undefined ? 'the network has no layers' : `did you mean ${quoted(near)}?`
  throw new InputError('NOT_FOUND', `there is no layer ${quoted(wanted)}: ${remedy}`)
}

const quoted = (text: string) =>
  JSON.stringify(text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text)
