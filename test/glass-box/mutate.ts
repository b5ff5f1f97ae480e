// node --import of this file: one string of one source file of the product is another one, as MUTATION says. The
// process ends with 2 when there is no such string, or the file is never read: then nothing was shown.

import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

export interface Mutation {
  /** From the root of the repository. */
  readonly file: string
  readonly from: string
  readonly to: string
}

const { file, from, to } = JSON.parse(process.env.MUTATION!) as Mutation
const url = new URL(`../../${file}`, import.meta.url).href
let applied = false

registerHooks({
  load(asked, context, nextLoad) {
    const loaded = nextLoad(asked, context)
    if (asked !== url || loaded.source == null) return loaded
    const parts = Buffer.from(loaded.source as string)
      .toString('utf8')
      .split(from)
    applied = parts.length === 2
    return applied ? { ...loaded, source: parts.join(to) } : loaded
  },
})

process.on('exit', () => {
  if (applied) return
  console.error(`stale: ${fileURLToPath(url)} was not read, or does not hold ${JSON.stringify(from)} once`)
  process.exitCode = 2
})
