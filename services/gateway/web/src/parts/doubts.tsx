import type { Reason } from '@fanlight/explain/words'

/** Why a map should not be believed; nothing where nothing speaks against it. */
export function Doubts({ reasons }: { reasons: readonly Reason[] }) {
  if (reasons.length === 0) return null
  return (
    <div className="warning doubts" role="status">
      <strong>⚠ Do not take this map at its word</strong>
      <ul>
        {reasons.map(({ cause, meaning }) => (
          <li key={cause}>
            <strong>{cause}</strong>: {meaning}
          </li>
        ))}
      </ul>
    </div>
  )
}
