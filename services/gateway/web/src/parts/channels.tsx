import { digits, share } from '@fanlight/network/words'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ChannelsReply, channelsQuery, type NetworkView, pictureUrl } from '../api.ts'
import { plural, visible, whole } from '../words.ts'
import { Tile } from './job-facts.tsx'
import { LayerChoice } from './layer-choice.tsx'
import { Looked } from './looked.tsx'
import { Name } from './name.tsx'
import { JobChoice, OtherChoice } from './photo-choice.tsx'

const route = getRouteApi('/models/$id')

const PHOTOS = 20

/** Which channels drive which class, over photos of a job. */
export function Channels({ network }: { network: NetworkView }) {
  const { job } = route.useSearch()
  if (job === undefined) return <JobChoice network={network} />
  return <OfJob network={network} job={job} />
}

function OfJob({ network, job }: { network: NetworkView; job: string }) {
  const { at } = route.useSearch()
  const query = useQuery(channelsQuery(network.id, { job, photos: PHOTOS, layer: at }))
  return (
    <>
      <div className="choosing">
        <LayerChoice network={network} usual="the maps that the heads read" />
        <p>
          <OtherChoice without={['job', 'item', 'target', 'detection']}>Other photos</OtherChoice>
        </p>
      </div>
      <Looked query={query} what={`Asking which channels matter in the first ${PHOTOS} photos: about a minute`}>
        {(view) => <Seen view={view} job={job} />}
      </Looked>
    </>
  )
}

function Seen({ view, job }: { view: ChannelsReply; job: string }) {
  const { photos, photosWithDetections, detections, classes, classesLeftOut, failures, layers } = view
  return (
    <>
      <dl className="tiles">
        <Tile name="photos" value={whole(photos)} more={`${whole(photosWithDetections)} with detections`} />
        <Tile name="detections" value={whole(detections)} more={`of a score of ${view.minScore} or more`} />
        <Tile name="classes" value={whole(classes.length + classesLeftOut)} />
        <Tile
          name="channels"
          value={whole(layers.reduce((sum, layer) => sum + layer.channels, 0))}
          more={`in ${plural(layers.length, 'layer')}`}
        />
      </dl>
      {failures.length > 0 && (
        <p className="warning" role="status">
          {plural(failures.length, 'photo')} left out: {visible(failures[0]!.name)}, {visible(failures[0]!.message)}
        </p>
      )}
      <ClassTable view={view} />
      <section aria-labelledby="channels">
        <h2 id="channels">Channel by channel</h2>
        <p className="quiet">
          Parts of the photos around the places where the channel is strongest, whatever their classes; and the filter
          that makes it: red weights ask for more of their input, blue ones for less.
        </p>
        <ul className="channel-cards">
          {view.cards.map((card) => (
            <Card key={anchor(card)} card={card} view={view} job={job} />
          ))}
        </ul>
      </section>
    </>
  )
}

type ChannelOf = Pick<ChannelsReply['cards'][number], 'layer' | 'channel'>
const anchor = ({ layer, channel }: ChannelOf) => `c${layer}-${channel}`
const said = (value: number | null) => (value === null ? '–' : digits(value))

function ClassTable({ view: { classes, classesLeftOut, layers } }: { view: ChannelsReply }) {
  const all = classes.flatMap(({ channels }) => channels.map(({ relevance }) => Math.abs(relevance ?? 0)))
  const most = Math.max(1e-12, ...all)
  return (
    <section aria-labelledby="classes" className="layers">
      <h2 id="classes">Classes, the most frequent first</h2>
      <p className="quiet">
        Relevance: a channel’s activation times the gradient of the score, added up, on the mean over the detections of
        the class; below zero it speaks against the class. Then what was measured: the mean score as it is and with this
        channel turned off, and the share of detections that are lost by that.
      </p>
      <div className="table-scroll">
        <table className="layer-table">
          <thead>
            <tr>
              <th className="left">class</th>
              <th>detections</th>
              <th className="left">layer · channel</th>
              <th className="left">relevance</th>
              <th>score</th>
              <th>without it</th>
              <th>lost</th>
            </tr>
          </thead>
          <tbody>
            {classes.flatMap(({ class: number, label, detections, channels }) =>
              channels.map((channel, at) => (
                <tr key={`${number} ${anchor(channel)}`} className={at === 0 ? 'first' : undefined}>
                  <th scope="row" className="left">
                    {at === 0 ? <Name>{label}</Name> : <span className="hidden">{visible(label)}</span>}
                  </th>
                  <td>{at === 0 && whole(detections)}</td>
                  <td className="left">
                    <a href={`#${anchor(channel)}`}>
                      {visible(layers[channel.layer]!.name)} · {channel.channel}
                    </a>
                  </td>
                  <td className="left">
                    <Bar value={channel.relevance ?? 0} most={most} /> {said(channel.relevance)}
                  </td>
                  <td>{said(channel.silenced?.score ?? null)}</td>
                  <td>{said(channel.silenced?.silencedScore ?? null)}</td>
                  <td>{channel.silenced ? share(channel.silenced.lostShare, 1) : 'not measured'}</td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </div>
      {classesLeftOut > 0 && (
        <p className="quiet">{plural(classesLeftOut, 'rarer class', 'rarer classes')} left out.</p>
      )}
    </section>
  )
}

function Bar({ value, most }: { value: number; most: number }) {
  return (
    <svg className={value < 0 ? 'bar against' : 'bar'} viewBox="0 0 100 8" width={100} height={8} aria-hidden="true">
      <rect width={Math.max(1, (100 * Math.abs(value)) / most)} height={8} />
    </svg>
  )
}

interface CardProps {
  readonly card: ChannelsReply['cards'][number]
  readonly view: ChannelsReply
  readonly job: string
}

function Card({ card, view: { classes, layers }, job }: CardProps) {
  const { channel, layer, filter, patches } = card
  const speaks = classes.flatMap(({ label, channels }) =>
    channels.filter((one) => anchor(one) === anchor(card)).map(({ relevance }) => ({ label, relevance })),
  )
  return (
    <li className="card channel-card" id={anchor(card)}>
      <h3>
        <Name>{layers[layer]!.name}</Name> · channel {channel}
      </h3>
      <p className="patches">
        {patches.map(({ item, name, value, picture }) => (
          <Link
            key={item}
            to="/jobs/$job/items/$item"
            params={{ job, item }}
            title={`${visible(name)}: ${said(value)}`}
          >
            <img src={pictureUrl(picture)} alt={`In ${visible(name)}`} width={96} height={96} />
          </Link>
        ))}
      </p>
      <p className="quiet">
        {speaks
          .map(({ label, relevance }) => `${visible(label)} ${(relevance ?? 0) > 0 ? '+' : ''}${said(relevance)}`)
          .join(', ')}
      </p>
      {filter ? (
        <figure>
          <img src={pictureUrl(filter.picture)} alt={`The kernel of channel ${channel}`} className="kernel" />
          <figcaption className="quiet">
            filter {filter.filter} of <Name>{filter.layer}</Name>
          </figcaption>
        </figure>
      ) : (
        <p className="quiet">No single filter makes this channel.</p>
      )}
    </li>
  )
}
