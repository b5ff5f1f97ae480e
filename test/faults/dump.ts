import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deadTopic, topics } from '@fanlight/contracts'
import type { Backlog } from '@fanlight/ports'
import { type Ports, patiently } from './ports.ts'
import { PROJECT, type Work } from './work.ts'

/** Groups that have something before them. */
export async function backlogOf({ bus }: Pick<Ports, 'bus'>): Promise<readonly Backlog[]> {
  const names = Object.keys(topics)
  const rows = await bus.backlog([...names, ...names.map(deadTopic)])
  return rows.filter(({ waiting }) => waiting > 0)
}

/** What a person looks at when work does not end. */
export async function whyUnfinished(ports: Ports, work: Work, folder: string): Promise<string> {
  const { store } = ports
  const parts: string[] = ['the work did not end']
  const tell = (what: string, value: unknown) => parts.push(`${what}: ${JSON.stringify(value)}`)
  await patiently(async () => {
    tell('backlog', await backlogOf(ports))
    for (const { job } of work.jobs) {
      const { state, items, sealed, targets } = (await store.getJob(PROJECT, job.id)) ?? {}
      tell(`job ${job.id}`, { state, items, sealed, targets, counted: await store.countedTargets(PROJECT, job.id) })
      const rows = (await store.listItems(PROJECT, job.id, { limit: 1000 })).rows
      for (const { id, name, state } of rows
        .filter((row) => row.state === 'open' || row.state === 'waiting')
        .slice(0, 5)) {
        const explanations = await store.listExplanations(PROJECT, job.id, id)
        tell(
          `item ${name} ${state}`,
          explanations.map((made) => [made.explanation.slice(0, 8), made.state]),
        )
      }
    }
    tell('uncounted', await store.uncounted(0, 10))
    tell(
      'dead letters',
      (await store.listDeadLetters({ limit: 5 })).rows.map(({ topic, error }) => [topic, error]),
    )
  }).catch((error: unknown) => tell('and could not be asked', String(error)))
  const logs = join(folder, 'logs')
  for (const file of (await readdir(logs)).sort()) {
    const lines = (await readFile(join(logs, file), 'utf8')).trimEnd().split('\n')
    parts.push(`${file}:`, ...lines.slice(-5).map((line) => `  ${line.slice(0, 400)}`))
  }
  return parts.join('\n')
}
