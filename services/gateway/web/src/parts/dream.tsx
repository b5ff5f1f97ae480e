import { digits } from '@fanlight/network/words'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { type DreamReply, dreamQuery, type NetworkView, pictureUrl } from '../api.ts'
import { type ModelSearch, modelSearch } from '../model-search.ts'
import { percent, visible, whole } from '../words.ts'
import { mapLayers } from './layer-choice.tsx'
import { Looked } from './looked.tsx'

const route = getRouteApi('/models/$id')

/** The picture at which a class or a channel rises, and the way there. */
export function Dream({ network }: { network: NetworkView }) {
  const { class: number, channel, at, seed = 0 } = route.useSearch()
  const isAsked = number !== undefined || (at !== undefined && channel !== undefined)
  const asked = {
    class: number,
    layer: number === undefined ? at : undefined,
    channel: number === undefined ? channel : undefined,
    seed,
  }
  const query = useQuery({ ...dreamQuery(network.id, asked), enabled: isAsked })
  const what = number === undefined ? `channel ${channel} of ${at}` : (network.classNames[number] ?? `class ${number}`)
  return (
    <>
      <section aria-labelledby="dream" className="card dreaming">
        <h2 id="dream">What does it answer to most?</h2>
        <p className="quiet">
          From grey with a little noise, a picture follows the gradient of a class or a channel for 128 steps, and is
          kept smooth on the way. It shows what this network looks for, not what the thing looks like. What comes back
          under every seed is the network’s; the rest is chance.
        </p>
        <Choice network={network} />
      </section>
      {isAsked && (
        <Looked query={query} what={`Dreaming of ${visible(what)}: about half a minute for a small network`}>
          {(view) => <Seen view={view} what={visible(what)} />}
        </Looked>
      )}
    </>
  )
}

const MAX_SEED = 2 ** 31 - 1

function Choice({ network }: { network: NetworkView }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [isChannel, setIsChannel] = useState(search.class === undefined && search.channel !== undefined)
  function begin(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const { class: _, channel: __, at: ___, seed: ____, ...kept }: ModelSearch = search
    const seed = Number(given.get('seed'))
    const aim = isChannel
      ? { at: given.get('layer'), channel: Number(given.get('channel')) }
      : { class: Number(given.get('class')) }
    void navigate({ search: modelSearch({ ...kept, ...aim, seed }), resetScroll: false })
  }
  return (
    <form className="choosing" onSubmit={begin}>
      <NativeSelect
        label="Of"
        value={isChannel ? 'channel' : 'class'}
        data={[
          { value: 'class', label: 'a class' },
          { value: 'channel', label: 'a channel' },
        ]}
        onChange={(event) => setIsChannel(event.currentTarget.value === 'channel')}
      />
      {isChannel ? (
        <>
          <NativeSelect label="Layer" name="layer" defaultValue={search.at} data={[...mapLayers(network)]} />
          <TextInput
            label="Channel, from 0"
            name="channel"
            type="number"
            min={0}
            defaultValue={search.channel ?? 0}
            required
          />
        </>
      ) : (
        <NativeSelect
          label="Class"
          name="class"
          defaultValue={search.class}
          data={network.classNames.map((name, at) => ({ value: String(at), label: visible(name) }))}
        />
      )}
      <TextInput
        label="Seed"
        name="seed"
        type="number"
        min={0}
        max={MAX_SEED}
        defaultValue={search.seed ?? 0}
        required
      />
      <Button type="submit" variant="default">
        Dream
      </Button>
    </form>
  )
}

function Seen({ view: { steps }, what }: { view: DreamReply; what: string }) {
  const [first, last] = [steps[0]!, steps.at(-1)!]
  const height = ({ score, value }: DreamReply['steps'][number]) =>
    score === null ? `activation ${value === null ? 'unknown' : digits(value)}` : `score ${percent(score)}`
  const pictures = steps.flatMap(({ picture, ...step }) => (picture === null ? [] : [{ ...step, picture }]))
  const final = pictures.at(-1)
  return (
    <section aria-labelledby="way" className="dream">
      <h2 id="way">
        {what}: from {height(first)} to {height(last)} in {whole(last.step)} steps
      </h2>
      {(last.value ?? 0) <= (first.value ?? 0) && (
        <p className="warning" role="status">
          It did not rise: the picture stands no higher than the noise. Try another seed.
        </p>
      )}
      <Curve steps={steps} />
      <div className="dream-pictures">
        {final && <img className="dreamt" src={pictureUrl(final.picture)} alt={`Dream of ${what} in the end`} />}
        <ol className="way">
          {pictures.slice(0, -1).map(({ picture, ...step }) => (
            <li key={step.step}>
              <img src={pictureUrl(picture)} alt={`Dream of ${what} after ${step.step} steps`} />
              <p className="quiet">
                {step.step === 0 ? 'noise' : `after ${whole(step.step)}`}, {height({ ...step, picture })}
              </p>
            </li>
          ))}
        </ol>
      </div>
    </section>
  )
}

const [WIDTH, HEIGHT] = [600, 90]

function Curve({ steps }: { steps: DreamReply['steps'] }) {
  const values = steps.map(({ value }) => value ?? 0)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const points = values.map((value, at) => {
    const x = (WIDTH * at) / Math.max(1, values.length - 1)
    return `${x.toFixed(1)},${(HEIGHT - (HEIGHT * (value - low)) / (high - low || 1)).toFixed(1)}`
  })
  const isClass = steps[0]!.score !== null
  const what = isClass ? 'The log-odds of class and objectness together' : 'The mean activation of the channel'
  return (
    <figure className="curve">
      <svg viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`} preserveAspectRatio="none" role="img" aria-label={what}>
        <polyline points={points.join(' ')} />
      </svg>
      <figcaption className="quiet">
        {what}, step by step: from {digits(values[0]!)} to {digits(values.at(-1)!)}. Between the pictures below, the
        network saw the picture moved aside by some pixels.
      </figcaption>
    </figure>
  )
}
