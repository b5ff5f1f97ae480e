import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Scratch } from './fanlight.ts'

let scratch: Scratch
before(async () => {
  scratch = await Scratch.make()
  await mkdir(scratch.path('photos'))
  for (const number of [1, 2, 3, 4]) await scratch.sample(number, `photos/${number}.jpg`)
})
after(() => scratch[Symbol.asyncDispose]())

const explain = ['explain', 'photos', '--forwards', '400', '--workers', '2', '--no-overlays', '--out']

interface Job {
  readonly id: string
  readonly state: string
  readonly openForwards: { answered: number }
  readonly endedForwards: number
}

async function jobs(home: string): Promise<Job[]> {
  const { code, stdout, stderr } = await scratch.run(['jobs', 'list', '--json'], { home })
  assert.equal(code, 0, stderr)
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Job)
}

const answered = ({ openForwards, endedForwards }: Job) => openForwards.answered + endedForwards

/** Lets a job run until it has answers but is not done, then sends the signal. */
async function interrupt(
  home: string,
  signal: NodeJS.Signals,
): Promise<{ code: number | null; job: Job; stderr: string }> {
  for (let waitMs = 2000; ; waitMs *= 1.4) {
    const running = scratch.start([...explain, `${home}-out`], { home })
    await Promise.race([sleep(waitMs), running.ended])
    running.kill(signal)
    const { code, stderr } = await running.ended
    const [job] = await jobs(home)
    if (job && job.state !== 'done' && answered(job) > 0) return { code, job, stderr }
    assert.notEqual(job?.state, 'done', 'the job ended before it could be interrupted')
  }
}

test('killed in mid-job, started again: it goes on, and the bytes are those of an undisturbed run', async () => {
  const undisturbed = await scratch.run([...explain, 'undisturbed'], { home: 'calm' })
  assert.equal(undisturbed.code, 0, undisturbed.stderr)
  const first = await interrupt('killed', 'SIGKILL')
  assert.equal(first.job.state, 'running')
  const second = await scratch.run([...explain, 'killed-out'], { home: 'killed' })
  assert.equal(second.code, 0, second.stderr)
  const [job, another] = await jobs('killed')
  assert.equal(job!.id, first.job.id)
  assert.equal(another, undefined)
  assert.deepEqual(await scratch.durable('killed-out'), await scratch.durable('undisturbed'))
})

test('Ctrl-C stops cleanly with exit code 130, keeps the answers and says how to go on', async () => {
  const first = await interrupt('stopped', 'SIGINT')
  assert.equal(first.code, 130, first.stderr)
  assert.match(first.stderr, /The same command goes on from there/)
  assert.equal(first.job.state, 'paused')
  const second = await scratch.run([...explain, 'stopped-out'], { home: 'stopped' })
  assert.equal(second.code, 0, second.stderr)
  assert.deepEqual(await scratch.durable('stopped-out'), await scratch.durable('undisturbed'))
})

test('serve works on what is running, lets other processes change its jobs, and ends at Ctrl-C', async () => {
  const { job } = await interrupt('served', 'SIGINT')
  const resumed = await scratch.run(['jobs', 'resume', job.id.slice(0, 6)], { home: 'served' })
  assert.equal(resumed.code, 0, resumed.stderr)
  const serving = scratch.start(['serve', '--port', '0'], { home: 'served' })
  const url = await serving.firstLine
  for (const [change, state] of [
    ['pause', 'paused'],
    ['resume', 'running'],
  ] as const) {
    const changed = await scratch.run(['jobs', change, job.id], { home: 'served' })
    assert.equal(changed.code, 0, changed.stderr)
    assert.match(changed.stderr, new RegExp(`is ${state}`))
    assert.equal((await jobs('served'))[0]?.state, state, 'told by the process that serves')
  }
  for (let turn = 0; ; turn++) {
    const shown = (await (await fetch(new URL(`/v1/jobs/${job.id}`, url))).json()) as Job
    if (shown.state === 'done') break
    assert.ok(turn < 300, JSON.stringify(shown))
    await sleep(200)
  }
  const second = await scratch.run(['gc'], { home: 'served' })
  assert.equal(second.code, 2)
  assert.ok(second.stderr.includes(url), second.stderr)
  assert.match(second.stderr, /FANLIGHT_HOME/)
  serving.kill('SIGINT')
  assert.equal((await serving.ended).code, 0)
  const finished = await scratch.run([...explain, 'served-out'], { home: 'served' })
  assert.match(finished.stderr, /nothing was left to do/)
  assert.deepEqual(await scratch.durable('served-out'), await scratch.durable('undisturbed'))
})

test('a port in use is named, with exit code 2', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const { code, stderr } = await scratch.run(['serve', '--port', String(port)], { home: 'calm' })
  server.close()
  assert.equal(code, 2)
  assert.match(stderr, new RegExp(`port ${port} is in use.*--port`))
})

test('a cancelled job stays cancelled, and the same command then starts anew', async () => {
  const { job } = await interrupt('cancelled', 'SIGINT')
  assert.equal((await scratch.run(['jobs', 'cancel', job.id], { home: 'cancelled' })).code, 0)
  const again = await scratch.run([...explain, 'cancelled-out', '--forwards', '66'], { home: 'cancelled' })
  assert.equal(again.code, 0, again.stderr)
  const states = (await jobs('cancelled')).map(({ state }) => state)
  assert.deepEqual(states.sort(), ['cancelled', 'done'])
})
