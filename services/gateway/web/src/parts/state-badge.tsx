import { Badge } from '@mantine/core'
import type { ItemState, JobState } from '../api.ts'

const looks: Record<ItemState | JobState, { color: string; text: string }> = {
  running: { color: 'teal', text: 'running' },
  open: { color: 'teal', text: 'being explained' },
  done: { color: 'gray', text: 'done' },
  waiting: { color: 'gray', text: 'waiting' },
  paused: { color: 'yellow', text: 'paused' },
  failed: { color: 'red', text: 'failed' },
  cancelled: { color: 'gray', text: 'cancelled' },
}

export function StateBadge({ state }: { state: ItemState | JobState }) {
  const { color, text } = looks[state]
  return (
    <Badge className={`state state-${color}`} variant="light" color={color} tt="none">
      {text}
    </Badge>
  )
}
