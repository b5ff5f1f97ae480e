import { Alert, Button, Loader } from '@mantine/core'
import type { ReactNode } from 'react'
import { visible } from '../words.ts'

interface Query<T> {
  readonly data: T | undefined
  readonly error: Error | null
  readonly refetch: () => unknown
}

/** The data of a query once it is there; until then that it loads, or why it does not. */
export function Loaded<T>({ query, children }: { query: Query<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <Problem error={query.error} retry={query.refetch} />
  return (
    <p className="loading">
      <Loader size="sm" aria-hidden="true" /> Loading
    </p>
  )
}

function Problem({ error, retry }: { error: Error; retry: () => unknown }) {
  return (
    <Alert color="red" title="This could not be loaded" role="alert">
      <p>{visible(error.message)}</p>
      <Button size="xs" color="red" onClick={() => retry()}>
        Try again
      </Button>
    </Alert>
  )
}
