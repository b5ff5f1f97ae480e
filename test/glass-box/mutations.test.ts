import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { mutations, type Planted } from './mutations.ts'

// Without mutations the checks hold of the formula as well: solvers.test.ts.

const [preload, program] = ['mutate.ts', 'run-check.ts'].map((name) => new URL(name, import.meta.url))
const TIMEOUT = { timeout: 60_000 }

describe('each mistake is seen by the glass box', { concurrency: 2 }, () => {
  for (const mutation of mutations) {
    test(`${mutation.mistake}`, TIMEOUT, async () => {
      const { code, said } = await checkedUnder(mutation)
      assert.notEqual(code, 2, said)
      assert.notEqual(code, 0, `“${mutation.check}” holds all the same`)
      assert.match(said, /AssertionError/)
    })
  }
})

async function checkedUnder({ check, ...mutation }: Planted): Promise<{ code: number | null; said: string }> {
  const args = ['--import', preload!.href, fileURLToPath(program!), check]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, MUTATION: JSON.stringify(mutation) },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: TIMEOUT.timeout,
  })
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  return { code, said }
}
