import { Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { type NetworkView, networkQuery } from '../api.ts'
import { isWork, layerRows, sorted } from '../layer-rows.ts'
import { type ModelSearch, modelSearch, TABS, type Tab } from '../model-search.ts'
import { Activations } from '../parts/activations.tsx'
import { Channels } from '../parts/channels.tsx'
import { Dream } from '../parts/dream.tsx'
import { LayerTable } from '../parts/layer-table.tsx'
import { LayerDetail } from '../parts/layer-view.tsx'
import { Name } from '../parts/name.tsx'
import { NetworkFacts, NetworkProvenance } from '../parts/network-facts.tsx'
import { Loaded } from '../parts/problem.tsx'
import { useTitle } from '../title.ts'
import { visible, whole } from '../words.ts'

const route = getRouteApi('/models/$id')

/** A detector's inside: its layers and weights, and what it does with photos. */
export function ModelPage() {
  const { id } = route.useParams()
  const query = useQuery(networkQuery(id))
  useTitle(query.data?.name)
  return (
    <div className="page">
      <nav aria-label="You are here" className="crumbs">
        <Link to="/" activeOptions={{ exact: true }}>
          Jobs
        </Link>
      </nav>
      <Loaded query={query}>
        {(network) => (
          <>
            <div className="row">
              <h1>
                <Name>{network.name}</Name>
              </h1>
            </div>
            <NetworkFacts network={network} />
            {network.notRun !== null && (
              <p className="warning" role="status">
                The network was not run, so shapes and cost are those that the file tells: {visible(network.notRun)}
              </p>
            )}
            <Tabs />
            <View network={network} />
            <NetworkProvenance network={network} />
          </>
        )}
      </Loaded>
    </div>
  )
}

const tabNames: Readonly<Record<Tab, string>> = {
  layers: 'Layers and weights',
  activations: 'Activations',
  channels: 'Channels',
  dream: 'Dream',
}

function Tabs() {
  const { tab: current = 'layers' } = route.useSearch()
  return (
    <nav aria-label="Views" className="filters">
      {TABS.map((tab) => (
        <Link
          key={tab}
          from="/models/$id"
          to="."
          search={(search: ModelSearch) => modelSearch({ ...search, tab })}
          activeOptions={{ exact: true }}
          aria-current={tab === current ? 'page' : undefined}
          resetScroll={false}
        >
          {tabNames[tab]}
        </Link>
      ))}
    </nav>
  )
}

function View({ network }: { network: NetworkView }) {
  const { tab } = route.useSearch()
  switch (tab) {
    case 'activations':
      return <Activations network={network} />
    case 'channels':
      return <Channels network={network} />
    case 'dream':
      return <Dream network={network} />
    default:
      return <Layers network={network} />
  }
}

function Layers({ network }: { network: NetworkView }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const rows = useMemo(() => layerRows(network), [network])
  const shown = useMemo(() => sorted(search.all ? rows : rows.filter(isWork), search), [rows, search])
  const chosen =
    search.layer === undefined
      ? rows.find(({ weights }) => weights)
      : rows.find(({ layer }) => layer.name === search.layer || layer.output === search.layer)
  const without = rows.length - rows.filter(isWork).length
  return (
    <>
      {search.layer !== undefined && !chosen && (
        <p className="warning" role="status">
          There is no layer <Name>{search.layer}</Name>: choose one of the table.
        </p>
      )}
      {chosen && <LayerDetail key={chosen.layer.name} network={network} row={chosen} rows={rows} />}
      <section aria-labelledby="layers" className="layers">
        <div className="row">
          <h2 id="layers">Layers</h2>
          {without > 0 && (
            <Switch
              size="sm"
              label={`Those without parameters and cost too (${whole(without)})`}
              checked={search.all === true}
              onChange={(event) => {
                const all = event.currentTarget.checked
                void navigate({
                  search: ({ all: _, ...kept }) => (all ? { ...kept, all } : kept),
                  replace: true,
                  resetScroll: false,
                })
              }}
            />
          )}
        </div>
        <LayerTable rows={shown} chosen={chosen?.layer.name} search={search} macs={network.summary.macs} />
      </section>
    </>
  )
}
