import { grouped } from '@fanlight/explain/words'
import { Link } from '@tanstack/react-router'
import type { ExplanationView } from '../api.ts'
import type { ItemSearch } from '../item-search.ts'
import { visible } from '../words.ts'

interface Props {
  readonly keys: readonly string[]
  readonly current: string | undefined
  readonly explanations: readonly ExplanationView[]
}

/** The methods of a photo, by group where there are several. */
export function MethodSwitch({ keys, current, explanations }: Props) {
  const groups = grouped([...explanations.entries()], ([, { method }]) => method.name)
  return (
    <nav aria-label="Method" className="methods">
      {groups.map(({ group, members }) => (
        <div key={group ?? 'other'} className="filters">
          {groups.length > 1 && <span className="quiet method-group">{group ?? 'other methods'}</span>}
          {members.map(([at, { state }]) => (
            <Link
              key={keys[at]}
              from="/jobs/$job/items/$item"
              to="."
              search={(search: ItemSearch) => ({ ...search, method: keys[at]! })}
              replace
              activeOptions={{ exact: true }}
              aria-current={keys[at] === current ? 'true' : undefined}
            >
              {visible(keys[at]!)}
              {state === 'failed' && ' (failed)'}
              {state === 'open' && ' …'}
            </Link>
          ))}
        </div>
      ))}
    </nav>
  )
}
