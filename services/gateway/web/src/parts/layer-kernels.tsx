import { kernelsInWords } from '@fanlight/network/words'
import { Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { kernelsQuery, kernelsUrl } from '../api.ts'
import { Loaded } from './problem.tsx'

const route = getRouteApi('/models/$id')

/** The kernels of a layer as a picture, with what it shows. */
export function Kernels({ id, layer }: { id: string; layer: string }) {
  const scale = route.useSearch().oneScale ? 'layer' : 'filter'
  const navigate = route.useNavigate()
  const query = useQuery(kernelsQuery(id, layer, scale))
  return (
    <Loaded query={query}>
      {(shown) => (
        <figure className="kernels">
          <img
            src={kernelsUrl(id, layer, scale, 'png')}
            width={shown.width}
            height={shown.height}
            alt={kernelsInWords(shown)}
          />
          <figcaption className="quiet">{kernelsInWords(shown)}</figcaption>
          {shown.layout === 'filters' && (
            <Switch
              size="sm"
              label="One scale for all filters"
              checked={scale === 'layer'}
              onChange={(event) => {
                const oneScale = event.currentTarget.checked
                void navigate({
                  search: ({ oneScale: _, ...kept }) => (oneScale ? { ...kept, oneScale } : kept),
                  replace: true,
                  resetScroll: false,
                })
              }}
            />
          )}
        </figure>
      )}
    </Loaded>
  )
}
