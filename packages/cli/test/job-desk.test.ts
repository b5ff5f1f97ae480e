import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { jobNamed } from '../src/commands/jobs.ts'
import { followJob } from '../src/follow-job.ts'
import { type JobDesk, servedJobs } from '../src/job-desk.ts'
import { howToGoOn } from '../src/run-job.ts'
import { troubleTeller } from '../src/troubles.ts'
import { summary } from './samples.ts'

test('a process that holds the folder and does not answer is named', async () => {
  const server = createServer((_, response) => response.end('<no JSON>')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const desk = servedJobs(`http://127.0.0.1:${port}`)
  const refused = { code: 'STORE_LOCKED', message: new RegExp(`does not answer at http://127.0.0.1:${port}`) }
  await assert.rejects(desk.change('j', 'pause'), refused)
  await new Promise((resolve) => server.close(resolve))
  await assert.rejects(desk.change('j', 'pause'), refused)
})

test('an empty id names no job, though every id starts with it', async () => {
  const desk: Pick<JobDesk, 'list'> = {
    async *list() {
      yield summary({})
    },
  }
  await assert.rejects(jobNamed(desk, ''), { code: 'USAGE' })
  assert.equal((await jobNamed(desk, 'j')).id, 'j')
})

test('a job is no longer followed when there is trouble, or when the person stops it', async () => {
  const store = { getJob: async () => summary({}) } as unknown as Parameters<typeof followJob>[0]['store']
  const follow = (signal: AbortSignal, trouble: Promise<never>) =>
    followJob({ project: 'local', store }, 'j', { signal, trouble, onSummary: () => {} })
  const never = new Promise<never>(() => {})
  const full = Promise.reject(new Error('full'))
  full.catch(() => {})
  await assert.rejects(follow(new AbortController().signal, full), /full/)
  await assert.rejects(follow(AbortSignal.timeout(20), never), { name: 'TimeoutError' })
})

test('a trouble that lasts is told once a minute, another at once', () => {
  const said: string[] = []
  let now = 0
  const tell = troubleTeller(
    (line) => said.push(line),
    () => now,
  )
  for (const message of ['full', 'full', 'gone', 'full']) tell(new Error(message))
  now = 60_000
  tell(new Error('full'))
  assert.deepEqual(said, ['full', 'gone', 'full'])
})

test('whoever stops a fresh job is told how to go on with that very one', () => {
  assert.match(howToGoOn('3f2a', {}), /same command/)
  assert.match(howToGoOn('3f2a', { nonce: 'n' }), /^"fanlight jobs resume 3f2a" and then "fanlight serve"/)
})
