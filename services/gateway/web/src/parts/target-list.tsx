import { whyDoubted } from '@fanlight/explain/diagnosis'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import type { ExplanationView } from '../api.ts'
import type { ItemSearch } from '../item-search.ts'
import { percent } from '../words.ts'
import { Name } from './name.tsx'

type Attribution = NonNullable<ExplanationView['result']>['attributions'][number]

interface Props {
  readonly attributions: readonly Attribution[]
  readonly current: number
  /** A target to look at for as long as the pointer is over it. */
  readonly onHover: (at: number | undefined) => void
}

export function TargetList({ attributions, current, onHover }: Props) {
  const list = useRef<HTMLOListElement>(null)
  const several = new Set(attributions.map(({ target }) => target.objective)).size > 1

  // Whoever walks through the list with the keyboard keeps the focus on the target that is shown.
  useEffect(() => {
    const link = list.current?.querySelectorAll('a')[current]
    if (list.current?.contains(document.activeElement)) link?.focus()
    else link?.scrollIntoView({ block: 'nearest' })
  }, [current])

  return (
    <ol className="targets" ref={list} onPointerLeave={() => onHover(undefined)}>
      {attributions.map((attribution, at) => (
        <li key={attribution.target.id}>
          <Link
            from="/jobs/$job/items/$item"
            to="."
            search={(search: ItemSearch) => ({ ...search, t: at + 1 })}
            replace
            resetScroll={false}
            activeOptions={{ exact: true }}
            aria-current={at === current ? 'true' : undefined}
            onPointerEnter={() => onHover(at === current ? undefined : at)}
            onClick={() => onHover(undefined)}
          >
            <span className="target-number">{at + 1}</span>
            <Name className="target-label">{attribution.target.label}</Name>
            {several && <span className="target-objective">{attribution.target.objective}</span>}
            <span className="target-score">{percent(attribution.target.score)}</span>
            <span className="target-note">{noteOf(attribution)}</span>
          </Link>
        </li>
      ))}
    </ol>
  )
}

function noteOf(attribution: Attribution): string {
  const { gradient, inBoxEnergy } = attribution
  if (gradient?.vanished) return 'no map'
  if (whyDoubted(attribution).length > 0) return '⚠ doubtful'
  return inBoxEnergy === null ? 'no evidence' : `${percent(1 - inBoxEnergy)} outside`
}
