import { rough, shapeText } from '@fanlight/network/words'
import type { NetworkView } from '../api.ts'
import { percent, visible, whole } from '../words.ts'
import { Fact, Tile } from './job-facts.tsx'
import { Hash, Name } from './name.tsx'

/** A network in figures. */
export function NetworkFacts({ network: { summary, weights, bytes } }: { network: NetworkView }) {
  const sum = (of: (layer: (typeof weights.layers)[number]) => number) =>
    weights.layers.reduce((sum, layer) => sum + of(layer), 0)
  const count = sum((layer) => layer.count)
  const dead = sum((layer) => layer.deadFilters)
  const duplicate = sum((layer) => layer.duplicateFilters ?? 0)
  const ofFilters = `of ${whole(sum((layer) => layer.filters))} filters`
  return (
    <dl className="tiles">
      <Tile name="parameters" value={rough(summary.parameters)} more={`${rough(summary.parameterBytes)}B of weights`} />
      <Tile
        name="cost of a forward"
        value={`${rough(summary.macs)} MACs`}
        more={`multiply-accumulates; ${rough(2 * summary.macs)} FLOPs`}
      />
      <Tile name="layers" value={whole(summary.layers.length)} more={`${whole(weights.layers.length)} with weights`} />
      <Tile name="file" value={`${rough(bytes)}B`} />
      <Tile
        name="near zero"
        value={count > 0 ? percent(sum((layer) => layer.nearZeroShare * layer.count) / count) : '–'}
        more="of the weights"
      />
      <Tile name="dead filters" value={whole(dead)} more={ofFilters} />
      <Tile name="duplicate filters" value={whole(duplicate)} more={ofFilters} />
    </dl>
  )
}

/** Which file, and how it is fed. */
export function NetworkProvenance({ network }: { network: NetworkView }) {
  const { summary, weights } = network
  const values = (list: typeof summary.inputs) =>
    list.map(({ name, type, shape }) => `${name}: ${type}, ${shapeText(shape)}`).join('; ')
  const metadata = Object.entries(summary.metadata)
  return (
    <details className="card setting">
      <summary>Where it comes from</summary>
      <dl className="facts-list">
        <Fact name="file">
          sha256 <Hash>{network.sha256}</Hash>, detector <Hash>{network.id}</Hash>
        </Fact>
        <Fact name="written by">
          {visible(summary.producer) || 'it does not say'}, opset {summary.opset}
        </Fact>
        <Fact name="read as">
          {visible(network.family)}, input {network.width} × {network.height}, {network.channels}
        </Fact>
        <Fact name="inputs">{visible(values(summary.inputs))}</Fact>
        <Fact name="outputs">{visible(values(summary.outputs))}</Fact>
        <Fact name="constants">{whole(summary.otherConstants)} numbers that training has not set</Fact>
        {metadata.map(([key, text]) => (
          <Fact key={key} name={visible(key)}>
            {visible(text)}
          </Fact>
        ))}
        {weights.unread.map(({ layer, reason }) => (
          <Fact key={layer} name="not read">
            <Name>{layer}</Name>: {visible(reason)}
          </Fact>
        ))}
      </dl>
    </details>
  )
}
