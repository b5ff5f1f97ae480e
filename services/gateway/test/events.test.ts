import assert from 'node:assert/strict'
import { after, before, suite, type TestContext, test } from 'node:test'
import { createGateway, type GatewayOptions, startGateway } from '../src/index.ts'
import { answerHalf, photosAbsent, type Seeded } from './seed.ts'
import { openStage, type Stage } from './stage.ts'

suite('event streams', () => {
  const check = (title: string, run: (t: TestContext) => Promise<void>) => test(title, { skip: photosAbsent }, run)
  let stage: Stage
  let seeded: Seeded
  let options: GatewayOptions
  let app: ReturnType<typeof createGateway>

  before(async () => {
    if (photosAbsent) return
    stage = await openStage()
    ;({ seeded, options } = stage)
    app = createGateway(options)
  })

  after(async () => {
    await app?.close()
    await stage?.[Symbol.asyncDispose]()
  })

  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers })

  check('streams progress when a job moves, and only what the client does not know yet', async (t) => {
    const gateway = await startGateway({ ...options, port: 0 })
    t.after(gateway.close)
    const url = `${gateway.url}/v1/jobs/running/events`
    const first = await eventsOf(url, {})
    const [known] = await first.next(1)
    assert.equal(known!.data.openForwards.answered, 400)
    assert.equal(known!.data.spec, undefined)
    await first.stop()

    const second = await eventsOf(url, { 'last-event-id': known!.id })
    await new Promise((resolve) => setTimeout(resolve, 400))
    assert.equal(second.count(), 0, 'nothing has changed since')
    await answerHalf(seeded.store, 1)
    const [moved] = await second.next(1)
    assert.equal(moved!.data.openForwards.answered, 800)
    await fetch(`${gateway.url}/v1/jobs/running/pause`, { method: 'POST' })
    const paused = (await second.next(2))[1]
    assert.equal(paused!.data.state, 'paused')
  })

  check('ends its streams when it closes', async () => {
    const gateway = await startGateway({ ...options, port: 0 })
    const { ended } = await eventsOf(`${gateway.url}/v1/jobs/done/events`, {})
    await gateway.close()
    await ended
  })

  check('does not watch for a client that left while its job was read', async (t) => {
    const reading = Promise.withResolvers<void>()
    const left = Promise.withResolvers<void>()
    const asked: string[] = []
    const getJob: typeof seeded.store.getJob = async (project, job) => {
      asked.push(job)
      reading.resolve()
      await left.promise
      return seeded.store.getJob(project, job)
    }
    const gateway = await startGateway({ ...options, store: { ...seeded.store, getJob }, port: 0 })
    t.after(gateway.close)
    const abort = new AbortController()
    const response = fetch(`${gateway.url}/v1/jobs/running/events`, { signal: abort.signal }).catch(() => undefined)
    await reading.promise
    abort.abort()
    await response
    await new Promise((resolve) => setTimeout(resolve, 100))
    left.resolve()
    // Whoever is watched for has the job read again within 250 ms.
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.deepEqual(asked, ['running'])
  })

  check('has no stream for a job that is not there', async () => {
    assert.equal((await get('/v1/jobs/nothing/events')).statusCode, 404)
  })
})

interface Event {
  readonly id: string
  readonly data: { state: string; spec?: unknown; openForwards: { answered: number } }
}

/** A client of server-sent events that reads in the background. */
async function eventsOf(url: string, headers: Record<string, string>) {
  const abort = new AbortController()
  const response = await fetch(url, { headers, signal: abort.signal })
  assert.match(String(response.headers.get('content-type')), /^text\/event-stream/)
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  const events: Event[] = []
  const reading = (async () => {
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1]
        if (field('event') === 'progress') events.push({ id: field('id')!, data: JSON.parse(field('data')!) })
      }
    }
  })().catch(() => undefined)
  return {
    ended: reading,
    count: () => events.length,
    async next(count: number) {
      const deadline = Date.now() + 5000
      while (events.length < count && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
      assert.ok(events.length >= count, `${events.length} of ${count} events`)
      return events
    },
    async stop() {
      abort.abort()
      await reading
    },
  }
}
