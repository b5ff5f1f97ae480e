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
      {attributions.map(({ target, inBoxEnergy, unexplainable, gradient }, at) => (
        <li key={target.id}>
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
            <Name className="target-label">{target.label}</Name>
            {several && <span className="target-objective">{target.objective}</span>}
            <span className="target-score">{percent(target.score)}</span>
            <span className="target-note">
              {gradient?.vanished
                ? 'no map'
                : unexplainable
                  ? 'unexplainable'
                  : inBoxEnergy === null
                    ? 'no evidence'
                    : `${percent(1 - inBoxEnergy)} outside`}
            </span>
          </Link>
        </li>
      ))}
    </ol>
  )
}
