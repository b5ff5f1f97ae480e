// node --import of this file makes a process that of the next release: each message is of one version higher, and
// question shards and answers have one more field that they must have. As a release would, it knows how to read the
// bodies of the release before it.

import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
}

const UPGRADES = `export const upgrades = {
  1: (topic, body) => {
    appendFileSync(process.env.UPGRADES_LOG, topic + '\\n')
    if (topic.startsWith('questions.')) return { ...body, purpose: 'asked before the update' }
    return topic === 'answers' ? { ...body, worker: 'answered before the update' } : body
  },
}`

/** The whole difference between the releases. */
const edits: readonly Edit[] = [
  {
    file: 'packages/contracts/src/versions.ts',
    from: 'export const CONTRACT_VERSION: number = 1',
    to: `import { appendFileSync } from 'node:fs'\nexport const CONTRACT_VERSION: number = 2`,
  },
  {
    file: 'packages/contracts/src/versions.ts',
    from: 'export const upgrades: Readonly<Record<number, (topic: string, body: Body) => Body>> = {}',
    to: UPGRADES,
  },
  { file: 'packages/contracts/src/messages.ts', from: '  lane: Lane,', to: '  lane: Lane,\n  purpose: z.string(),' },
  {
    file: 'packages/contracts/src/messages.ts',
    from: 'export const ShardAnswered = z.object({',
    to: 'export const ShardAnswered = z.object({ worker: z.string(),',
  },
  {
    file: 'services/explainer/src/advance.ts',
    from: '    version: CONTRACT_VERSION,',
    to: `    version: CONTRACT_VERSION,\n    purpose: 'asked after the update',`,
  },
  {
    file: 'services/inference/src/inference.ts',
    from: 'const body = { version: CONTRACT_VERSION,',
    to: `const body = { version: CONTRACT_VERSION, worker: 'answered after the update',`,
  },
]

const root = fileURLToPath(new URL('../../../', import.meta.url))

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const mine = edits.filter(({ file }) => url.startsWith('file:') && fileURLToPath(url) === `${root}${file}`)
    if (mine.length === 0 || loaded.source == null) return loaded
    const source = Buffer.from(loaded.source as string).toString('utf8')
    return { ...loaded, source: mine.reduce(edited, source) }
  },
})

/** @throws Error when the product was changed and the edit no longer fits it */
function edited(source: string, { file, from, to }: Edit): string {
  const parts = source.split(from)
  if (parts.length !== 2) throw new Error(`${file} holds ${JSON.stringify(from)} ${parts.length - 1} times`)
  return parts.join(to)
}
