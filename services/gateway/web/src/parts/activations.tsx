import { digits } from '@fanlight/network/words'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ActivationsReply, activationsQuery, type NetworkView, pictureUrl } from '../api.ts'
import { type ModelSearch, modelSearch } from '../model-search.ts'
import { percent, visible, whole } from '../words.ts'
import { FunctionTable } from './function-table.tsx'
import { LayerChoice } from './layer-choice.tsx'
import { Looked } from './looked.tsx'
import { Name } from './name.tsx'
import { JobChoice, OtherChoice, PhotoChoice } from './photo-choice.tsx'

const route = getRouteApi('/models/$id')

/** What the network makes of one photo: its channels by what they say, and its activation functions. */
export function Activations({ network }: { network: NetworkView }) {
  const { job, item } = route.useSearch()
  if (job === undefined) return <JobChoice network={network} />
  if (item === undefined) return <PhotoChoice job={job} />
  return <OfPhoto network={network} job={job} item={item} />
}

function OfPhoto({ network, job, item }: { network: NetworkView; job: string; item: string }) {
  const { target, detection, at } = route.useSearch()
  const query = useQuery(activationsQuery(network.id, { job, item, target, detection, layer: at }))
  return (
    <>
      <div className="choosing">
        <LayerChoice network={network} usual="the map that the detection is read from" />
        <p>
          <OtherChoice without={['item', 'target', 'detection']}>Another photo</OtherChoice>
        </p>
        <p>
          <Link to="/jobs/$job/items/$item" params={{ job, item }}>
            Its explanations
          </Link>
        </p>
      </div>
      <Looked query={query} what="Looking into the network while it reads the photo: some seconds">
        {(view) => <Seen view={view} />}
      </Looked>
    </>
  )
}

function Seen({ view }: { view: ActivationsReply }) {
  const { layer, vanished, pictures, functions, detections, target } = view
  const { label, score } = detections[target]!
  return (
    <>
      <section aria-labelledby="seen" className="card seen">
        <img src={pictureUrl(pictures.photo)} alt={`${visible(label)}, framed`} />
        <div>
          <h2 id="seen">
            <Name>{label}</Name>, score {percent(score)}
          </h2>
          <p>
            What the {whole(layer.channels)} channels of the layer <Name>{layer.name}</Name>, {layer.height} ×{' '}
            {layer.width} places each, say of this detection.
          </p>
          <Detections view={view} />
          <Strongest view={view} />
        </div>
      </section>
      {vanished !== null && (
        <p className="warning" role="status">
          No channel’s relevance can be told: {visible(vanished)}.
        </p>
      )}
      <Sheet title="Channels that speak for the detection" picture={pictures.best} />
      <Sheet title="Channels that speak against it" picture={pictures.worst} />
      <details className="card setting">
        <summary>How to read the pictures</summary>
        <p>
          A picture is a channel: how strongly the photo shows, place by place, what it has learnt to look for. Yellow
          is its largest number in this photo, dark blue its least; each has its own scale, so compare patterns, not
          brightness. The frame is the detection’s box. The number below is its relevance: activation times the gradient
          of the score, added up over all places. About so much would the score fall if the channel were turned off;
          near a score of 0 or 1 that says too little.
        </p>
      </details>
      <FunctionTable functions={functions} />
    </>
  )
}

function Detections({ view: { detections, target } }: { view: ActivationsReply }) {
  return (
    <nav aria-label="Detections" className="filters">
      {detections.slice(0, MAX_DETECTIONS).map(({ label, score, box }, at) => (
        <Link
          key={`${label} ${box.join()}`}
          from="/models/$id"
          to="."
          search={({ target: _, ...search }: ModelSearch) => modelSearch({ ...search, detection: at + 1 })}
          replace
          resetScroll={false}
          activeOptions={{ exact: true }}
          aria-current={at === target ? 'true' : undefined}
        >
          {at + 1} {visible(label)} {percent(score)}
        </Link>
      ))}
    </nav>
  )
}

const MAX_DETECTIONS = 30
const SHOWN = 4

function Strongest({ view: { channels } }: { view: ActivationsReply }) {
  const known = channels.flatMap(({ channel, relevance }) => (relevance === null ? [] : [{ channel, relevance }]))
  const forIt = known.filter(({ relevance }) => relevance > 0)
  const against = known.filter(({ relevance }) => relevance < 0).reverse()
  const words = (list: typeof known) =>
    list
      .slice(0, SHOWN)
      .map(({ channel, relevance }) => `channel ${channel} (${relevance > 0 ? '+' : ''}${digits(relevance)})`)
      .join(', ') || 'none'
  return (
    <dl className="facts-list">
      <div>
        <dt>for it</dt>
        <dd>
          {whole(forIt.length)} of {whole(channels.length)}: {words(forIt)}
        </dd>
      </div>
      <div>
        <dt>against it</dt>
        <dd>
          {whole(against.length)}: {words(against)}
        </dd>
      </div>
    </dl>
  )
}

function Sheet({ title, picture }: { title: string; picture: string | null }) {
  return (
    <section className="sheet">
      <h2>{title}</h2>
      {picture === null ? (
        <p className="quiet">There are none in this layer.</p>
      ) : (
        <>
          <p className="quiet">The strongest first, at most 32; below each its number and its relevance.</p>
          <a href={pictureUrl(picture)} className="sheet-scroll">
            <img src={pictureUrl(picture)} alt={title} />
          </a>
        </>
      )}
    </section>
  )
}
