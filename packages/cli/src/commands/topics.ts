import { deadTopic, type Topic, topics } from '@fanlight/contracts'
import { openData } from '../composition.ts'
import type { CommandContext } from '../context.ts'
import { safeJson } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { grouped } from '../progress.ts'
import { plainTable } from '../results/table.ts'

/** `fanlight topics`: who says what to whom, and how much of it waits. */
export async function showTopics(context: CommandContext, { json }: { json: boolean }): Promise<ExitCode> {
  await using data = await openData(context)
  const names = Object.keys(topics) as Topic[]
  const backlog = await data.bus.backlog(names.flatMap((name) => [name, deadTopic(name)]))
  const rows = names.flatMap((topic) => {
    const { key, madeBy, readBy } = topics[topic]
    const groups = backlog.filter((row) => row.topic === topic || (row.topic === deadTopic(topic) && row.waiting > 0))
    const none = [{ topic, group: null, waiting: null }]
    return (groups.length > 0 ? groups : none).map((row) => ({ ...row, key, madeBy, readBy }))
  })
  if (json) for (const row of rows) context.terminal.data(safeJson(row))
  else {
    const cells = rows.map(({ topic, key, madeBy, readBy, group, waiting }) => [
      topic,
      key,
      madeBy,
      readBy,
      group ?? '–',
      waiting === null ? '–' : grouped(waiting),
    ])
    context.terminal.data(plainTable(['topic', 'key', 'made by', 'read by', 'group', 'waiting'], cells, [5]))
  }
  if (!data.isCluster)
    context.terminal.say(
      'the bus of a laptop lives and dies with the process that works: name a cluster with FANLIGHT_BUS_URL to see its backlog',
    )
  return exitCodes.fine
}
