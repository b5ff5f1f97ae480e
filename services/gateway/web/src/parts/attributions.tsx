import { whyDoubted } from '@fanlight/explain/diagnosis'
import { isSigned, methodWarning, noMapOf } from '@fanlight/explain/words'
import { useQueries } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { type ExplanationView, type ItemView, intervalQueries, type JobSummary, mapQuery } from '../api.ts'
import { itemSearch, type SearchChange } from '../item-search.ts'
import { largest } from '../map.ts'
import { useResting } from '../resting.ts'
import { useTargetKeys } from '../target-keys.ts'
import { plural } from '../words.ts'
import { CommandBlock } from './command-block.tsx'
import { Controls } from './controls.tsx'
import { Doubts } from './doubts.tsx'
import { Legend } from './legend.tsx'
import { MapTable } from './map-table.tsx'
import { MapView } from './map-view.tsx'
import { NoMap } from './no-map.tsx'
import { Numbers } from './numbers.tsx'
import { Loaded } from './problem.tsx'
import { Provenance } from './provenance.tsx'
import { TargetList } from './target-list.tsx'

const route = getRouteApi('/jobs/$job/items/$item')

interface AttributionsProps {
  readonly job: JobSummary
  readonly item: ItemView
  readonly explanation: ExplanationView
  readonly methods: ReactNode
  /** Whether there are other maps to lay beside. */
  readonly comparable: boolean
}

/** The targets of a photo, one of them with its map and numbers. */
export function Attributions({ job, item, explanation, methods, comparable }: AttributionsProps) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = (next: SearchChange) =>
    navigate({ search: (before) => itemSearch({ ...before, ...next }), replace: true })
  const [hovered, setHovered] = useState<number>()
  const result = explanation.result!
  const { attributions, width, height } = result
  const current = Math.min(Math.max(search.t ?? 1, 1), attributions.length) - 1
  const shown = hovered ?? current
  const attribution = attributions[shown]!
  const maps = useQueries({ queries: attributions.map(({ map }) => mapQuery(map.sha256)) })
  const [interval] = useQueries({ queries: intervalQueries(attribution.interval) })
  const usuallySigned = isSigned(explanation.method.name)
  const signed = search.signed ?? usuallySigned
  const noMap = noMapOf(attribution.gradient, attribution.target.objective)
  const warning = methodWarning(explanation.method.name)
  const map = maps[shown]?.data
  const shared = search.scale === 'photo'
  const compared = shared ? maps.map(({ data }) => data) : [map]
  const most = Math.max(0, ...compared.map((map) => (map ? largest(map, signed) : 0)))
  const [alpha, setAlpha] = useResting(search.alpha ?? 0.6, (alpha) => change({ alpha }))
  const colouring = { most, opacity: alpha, signed }
  useTargetKeys(current, attributions.length, (t) => change({ t: t + 1 }))
  return (
    <div className="explained">
      <div className="explained-photo">
        {methods}
        {warning && <p className="warning">{warning}</p>}
        <Doubts reasons={noMap ? [] : whyDoubted(attribution)} />
        <Loaded query={maps[shown] ?? { data: undefined, error: null, refetch: () => undefined }}>
          {(map) => (
            <MapView
              photo={{ job: job.id, item: item.id, width, height }}
              map={map}
              halfWidths={interval?.data?.data}
              instead={noMap && <NoMap {...noMap} />}
              colouring={colouring}
              contours={search.contours ?? false}
              grey={!search.colour}
              targets={attributions.map(({ target }) => target)}
              shown={shown}
              onChoose={(at) => change({ t: at + 1 })}
            />
          )}
        </Loaded>
        {map && !noMap && (
          <Legend
            colouring={colouring}
            map={map}
            shared={shared && attributions.length > 1}
            contours={search.contours ?? false}
            level={attribution.interval?.level}
            measured={attribution.forwards > 0 && !attribution.gradient}
          />
        )}
        <Controls
          search={search}
          change={change}
          signed={signed}
          usuallySigned={usuallySigned}
          alpha={alpha}
          setAlpha={setAlpha}
          several={attributions.length > 1}
        />
      </div>
      <div className="explained-side">
        <section aria-labelledby="targets">
          <h2 id="targets">{plural(attributions.length, 'target')}</h2>
          <TargetList attributions={attributions} current={current} onHover={setHovered} />
          {result.targetsCut > 0 && (
            <p className="quiet">
              {plural(result.targetsCut, 'weaker detection')} not explained: raise --max-targets (
              {job.spec.policy.maxTargets}).
            </p>
          )}
        </section>
        <OtherViews job={job} item={item} target={attribution.target.id} comparable={comparable} />
        <Numbers attribution={attribution} detector={job.spec.detector.id} />
        <CommandBlock command={explanation.command} />
        {map && !noMap && <MapTable map={map} />}
        <Provenance job={job} item={item} explanation={explanation} attribution={attribution} />
      </div>
    </div>
  )
}

type OtherViewsProps = Pick<AttributionsProps, 'job' | 'item' | 'comparable'> & { readonly target: string }

/** Where else a target can be looked at. */
function OtherViews({ job, item, target, comparable }: OtherViewsProps) {
  return (
    <>
      {comparable && (
        <Link to="/jobs/$job/items/$item/maps" params={{ job: job.id, item: item.id }} search={{ target }}>
          All maps of this detection, side by side
        </Link>
      )}
      <Link
        to="/models/$id"
        params={{ id: job.spec.detector.id }}
        search={{ tab: 'activations', job: job.id, item: item.id, target }}
      >
        Look inside the network: what its channels say of this target
      </Link>
    </>
  )
}
