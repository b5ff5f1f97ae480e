import type { Reason } from '@fanlight/explain/words'

/** Why a gradient made no map. */
export function NoMap({ cause, meaning }: Reason) {
  return (
    <>
      <strong>No map: {cause}.</strong>
      <span>{meaning}</span>
    </>
  )
}
