import { NativeSelect } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import type { NetworkView } from '../api.ts'
import { modelSearch } from '../model-search.ts'
import { visible } from '../words.ts'

const route = getRouteApi('/models/$id')

/** Layers that make pictures, by the names of their values. */
export function mapLayers({ summary }: NetworkView): readonly { readonly value: string; readonly label: string }[] {
  return summary.layers.flatMap(({ name, op, output, shape }) => {
    const [, channels, rows, columns] = shape?.length === 4 ? shape : []
    const isMap = Number(channels) > 0 && Number(rows) > 0 && Number(columns) > 0
    return isMap ? [{ value: output, label: visible(`${name} · ${op} · ${channels} of ${rows} × ${columns}`) }] : []
  })
}

/** Which layer's channels are looked at. */
export function LayerChoice({ network, usual }: { network: NetworkView; usual: string }) {
  const { at = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const layers = mapLayers(network)
  const known = at === '' || layers.some(({ value }) => value === at) ? [] : [{ value: at, label: visible(at) }]
  return (
    <NativeSelect
      label="Layer"
      className="layer-choice"
      value={at}
      data={[{ value: '', label: usual }, ...known, ...layers]}
      onChange={(event) => {
        const at = event.currentTarget.value
        void navigate({ search: (search) => modelSearch({ ...search, at }), replace: true, resetScroll: false })
      }}
    />
  )
}
