import { isLossTerm, lossTerms } from '@fanlight/explain/words'
import type { DetectionMap } from '../detections.ts'
import { decimal, visible } from '../words.ts'
import { MapTile } from './map-tile.tsx'

interface Props {
  readonly maps: readonly DetectionMap[]
  readonly photo: { job: string; item: string; width: number; height: number }
}

const order = Object.keys(lossTerms)

/** The terms of the training loss side by side, a row a method; nothing where none was asked for. */
export function LossTerms({ maps, photo }: Props) {
  const terms = maps.filter(({ attribution }) => isLossTerm(attribution.target.objective))
  if (terms.length === 0) return null
  const objectives = new Set(terms.map(({ attribution }) => attribution.target.objective))
  return (
    <section aria-labelledby="loss-terms">
      <h2 id="loss-terms">What each term of the training loss looks at</h2>
      <dl className="terms">
        {Object.entries(lossTerms).map(
          ([objective, { name, meaning }]) =>
            objectives.has(objective as keyof typeof lossTerms) && (
              <div key={objective}>
                <dt>{name}</dt>
                <dd>{meaning}</dd>
              </div>
            ),
        )}
      </dl>
      <p className="quiet">
        Coloured is what would lower the loss. Bars compare the lengths of the gradients of one method.
      </p>
      {[...Map.groupBy(terms, ({ key }) => key)].map(([key, row]) => (
        <div key={key}>
          <h3>{visible(key)}</h3>
          <div className="map-tiles">
            {inOrder(row).map((map) => (
              <Term key={map.attribution.target.id} map={map} most={Math.max(...row.map(magnitudeOf))} photo={photo} />
            ))}
          </div>
        </div>
      ))}
    </section>
  )
}

const inOrder = (terms: readonly DetectionMap[]) =>
  terms.toSorted(
    (a, b) => order.indexOf(a.attribution.target.objective) - order.indexOf(b.attribution.target.objective),
  )

/** What is left of one that vanished is rounding. */
const magnitudeOf = ({ attribution: { gradient } }: DetectionMap) =>
  gradient?.vanished === null ? gradient.magnitude : 0

function Term({ map, most, photo }: { map: DetectionMap; most: number; photo: Props['photo'] }) {
  const { objective } = map.attribution.target
  const magnitude = magnitudeOf(map)
  return (
    <MapTile map={map} photo={photo} title={isLossTerm(objective) ? lossTerms[objective].name : objective}>
      <div className="term-bar">
        <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
          <rect className="term-ground" width="100" height="8" />
          <rect className="term-share" width={most > 0 ? (100 * magnitude) / most : 0} height="8" />
        </svg>
        <span>magnitude {decimal(magnitude)}</span>
      </div>
    </MapTile>
  )
}
