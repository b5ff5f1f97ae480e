import { Loader } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Look } from '../api.ts'
import { visible, whole } from '../words.ts'
import { Loaded } from './problem.tsx'

interface Props<View> {
  readonly query: { data: Look<View> | undefined; error: Error | null; refetch: () => unknown }
  /** What is being done, and about how long it takes. */
  readonly what: string
  readonly children: (view: View) => ReactNode
}

/** What was seen in a network; until then how far the look has come, or why there is none. */
export function Looked<View>({ query, what, children }: Props<View>) {
  // A look that was begun may fail later.
  const failed = query.data?.progress && query.error ? { ...query, data: undefined } : query
  return (
    <Loaded query={failed}>
      {(look) => {
        if (!look.progress) return children(look.view)
        const { doing, done, of } = look.progress
        return (
          <div className="card look" role="status">
            <p className="loading">
              <Loader size="sm" aria-hidden="true" /> {what}
            </p>
            <progress aria-label={what} {...(of > 0 && { value: done, max: of })} />
            <p className="quiet">
              {visible(doing)}
              {of > 1 && `: ${whole(done)} of ${whole(of)}`}
            </p>
          </div>
        )
      }}
    </Loaded>
  )
}
