import type { MapRef } from '@fanlight/contracts'
import { type ExplanationView, type ItemView, type JobSummary, mapUrl } from '../api.ts'
import { decimal, percent, visible, whole } from '../words.ts'
import { Fact, ModelLink, methodInWords } from './job-facts.tsx'
import { Hash } from './name.tsx'

type Attribution = NonNullable<ExplanationView['result']>['attributions'][number]

interface Props {
  readonly job: JobSummary
  readonly item: ItemView
  readonly explanation: ExplanationView
  readonly attribution: Attribution
}

/** What the numbers trace back to. */
export function Provenance({ job, item, explanation, attribution }: Props) {
  const { spec } = job
  const result = explanation.result!
  const { interval } = attribution
  return (
    <details open>
      <summary>Where it comes from</summary>
      <dl className="facts-list">
        <Fact name="image">
          <Hash>{item.image?.sha256 ?? ''}</Hash>, {result.width} × {result.height} px
        </Fact>
        <Fact name="detector">
          <ModelLink detector={spec.detector} />, file <Hash>{spec.detector.sha256}</Hash>, id{' '}
          <Hash>{spec.detector.id}</Hash>
        </Fact>
        <Fact name="method">{methodInWords(explanation.method)}</Fact>
        <Fact name="seed">{spec.seed}</Fact>
        <Fact name="explanation">
          <Hash>{explanation.explanation}</Hash>, {whole(result.forwards)} forwards for the whole photo
          {explanation.durationMs !== null && `, ${decimal(explanation.durationMs / 1000)} s`}
        </Fact>
        <Fact name="made on">{visible(result.executionClass)}: there, the same question gives the same bits</Fact>
        <Fact name="transcript">
          <Hash>{result.transcript}</Hash>
        </Fact>
        <Fact name="target">
          <Hash>{attribution.target.id}</Hash>
        </Fact>
        <Fact name="map">
          <MapFile map={attribution.map} name="map" />
        </Fact>
        {interval && (
          <Fact name="intervals">
            half the width of each cell’s {percent(interval.level)} interval:{' '}
            <MapFile map={interval.map} name="interval" />
          </Fact>
        )}
      </dl>
    </details>
  )
}

function MapFile({ map: { sha256, shape }, name }: { map: MapRef; name: string }) {
  return (
    <>
      <Hash>{sha256}</Hash>, {shape[0]} × {shape[1]} cells, float32{' '}
      <a href={mapUrl(sha256)} download={`${name}-${sha256.slice(0, 12)}.npy`}>
        Download .npy
      </a>
    </>
  )
}
