import { grouped, isLossTerm, methodGroups, methodWarning } from '@fanlight/explain/words'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { explanationsQuery, type ItemView, itemQuery } from '../api.ts'
import { type Detection, type DetectionMap, detectionsOf } from '../detections.ts'
import { LossTerms } from '../parts/loss-terms.tsx'
import { MapTile } from '../parts/map-tile.tsx'
import { Name } from '../parts/name.tsx'
import { Loaded } from '../parts/problem.tsx'
import { useTargetKeys } from '../target-keys.ts'
import { useTitle } from '../title.ts'
import { percent } from '../words.ts'

interface MapsSearch {
  /** Id of one of the detection's targets. @default the first detection's */
  target?: string
}

export function mapsSearch({ target }: Record<string, unknown>): MapsSearch {
  return typeof target === 'string' && /^[0-9a-f]{64}$/.test(target) ? { target } : {}
}

const route = getRouteApi('/jobs/$job/items/$item/maps')

/** All maps of one detection side by side: its loss terms, then its methods. */
export function MapsPage() {
  const params = route.useParams()
  const item = useQuery(itemQuery(params.job, params.item))
  const explanations = useQuery(explanationsQuery(params.job, params.item))
  useTitle('All maps', item.data?.name)
  return (
    <div className="page page-wide">
      <nav aria-label="You are here" className="crumbs">
        <Link to="/jobs/$job" params={{ job: params.job }} activeOptions={{ exact: true }}>
          Job
        </Link>{' '}
        <span aria-hidden="true">/</span>{' '}
        <Link to="/jobs/$job/items/$item" params={params} activeOptions={{ exact: true }}>
          <Name>{item.data?.name ?? params.item}</Name>
        </Link>
      </nav>
      <Loaded query={item}>
        {(item) => (
          <Loaded query={explanations}>
            {({ explanations }) => <Maps item={item} detections={detectionsOf(explanations)} />}
          </Loaded>
        )}
      </Loaded>
    </div>
  )
}

function Maps({ item, detections }: { item: ItemView; detections: readonly Detection[] }) {
  const params = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const found = detections.findIndex(({ maps }) =>
    maps.some(({ attribution }) => attribution.target.id === search.target),
  )
  const current = Math.max(found, 0)
  const choose = (at: number) => navigate({ search: { target: detections[at]!.target.id }, replace: true })
  useTargetKeys(current, detections.length, choose)
  const detection = detections[current]
  if (!detection || !item.found) return <p className="card">There are no maps of this photo yet.</p>
  const photo = { job: params.job, item: item.id, width: item.found.width, height: item.found.height }
  return (
    <div className="maps">
      <h1>
        All maps of <Name>{detection.target.label}</Name>, {percent(detection.target.score)}
      </h1>
      <Choice detections={detections} current={current} />
      <LossTerms maps={detection.maps} photo={photo} />
      <Groups maps={detection.maps} photo={photo} />
    </div>
  )
}

function Choice({ detections, current }: { detections: readonly Detection[]; current: number }) {
  if (detections.length < 2) return null
  return (
    <nav aria-label="Detection" className="filters">
      {detections.map(({ target }, at) => (
        <Link
          key={target.id}
          from="/jobs/$job/items/$item/maps"
          to="."
          search={{ target: target.id }}
          replace
          resetScroll={false}
          activeOptions={{ exact: true }}
          aria-current={at === current ? 'true' : undefined}
        >
          {at + 1} <Name>{target.label}</Name> {percent(target.score)}
        </Link>
      ))}
    </nav>
  )
}

interface GroupsProps {
  readonly maps: readonly DetectionMap[]
  readonly photo: { job: string; item: string; width: number; height: number }
}

function Groups({ maps, photo }: GroupsProps) {
  const others = maps.filter(({ attribution }) => !isLossTerm(attribution.target.objective))
  const several = new Set(others.map(({ attribution }) => attribution.target.objective)).size > 1
  return grouped(others, ({ method }) => method).map(({ group, members }) => (
    <section key={group ?? 'other'} aria-label={group ?? 'other methods'}>
      <h2>{group ?? 'other methods'}</h2>
      {group && <p className="quiet">{methodGroups[group]}; each map has its own scale.</p>}
      <div className="map-tiles">
        {members.map((map) => {
          const warning = methodWarning(map.method)
          const { id, objective } = map.attribution.target
          return (
            <MapTile key={map.key + id} map={map} photo={photo} title={several ? `${map.key}, ${objective}` : map.key}>
              {warning && <p className="warning">{warning}</p>}
            </MapTile>
          )
        })}
      </div>
    </section>
  ))
}
