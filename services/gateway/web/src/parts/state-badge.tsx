import type { ItemState, JobState } from '../api.ts'

const looks: Record<ItemState | JobState, { look: string; text: string }> = {
  running: { look: 'active', text: 'running' },
  open: { look: 'active', text: 'being explained' },
  done: { look: 'calm', text: 'done' },
  waiting: { look: 'calm', text: 'waiting' },
  paused: { look: 'warn', text: 'paused' },
  failed: { look: 'bad', text: 'failed' },
  cancelled: { look: 'calm', text: 'cancelled' },
}

export function StateBadge({ state }: { state: ItemState | JobState }) {
  const { look, text } = looks[state]
  return <span className={`state state-${look}`}>{text}</span>
}
