import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const SERVICE = fileURLToPath(new URL('./sample-service.ts', import.meta.url))

/** A real process of the sample service, its log read line by line. */
function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [SERVICE], {
    env: { ...process.env, FANLIGHT_HEALTH_PORT: '0', FANLIGHT_HEALTH_HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines: Record<string, unknown>[] = []
  let raw = ''
  const waiting: { msg: string; resolve: (line: Record<string, unknown>) => void }[] = []
  createInterface(child.stderr).on('line', (text) => {
    raw += `${text}\n`
    if (!text.startsWith('{')) return
    const line = JSON.parse(text) as Record<string, unknown>
    lines.push(line)
    for (const { msg, resolve } of waiting) if (line.msg === msg) resolve(line)
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  return {
    child,
    exited,
    lines,
    raw: () => raw,
    said: (msg: string) =>
      lines.find((line) => line.msg === msg) ??
      new Promise<Record<string, unknown>>((resolve) => waiting.push({ msg, resolve })),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

suite('a service as a process', { timeout: 60_000 }, () => {
  test('a configuration that is wrong ends it with 2, naming the variable, what it expects and an example', async () => {
    await using service = run({ SAMPLE_COUNT: 'many' })
    assert.equal(await service.exited, 2)
    assert.equal(
      service.raw().trim(),
      'fanlight sample: SAMPLE_COUNT is "many": expected a whole number from 1 to 9. It is how many, such as SAMPLE_COUNT=3',
    )
  })

  test('it is alive at once, ready when it has started, and drains at SIGTERM', async () => {
    await using service = run({ SAMPLE_COUNT: '3', SAMPLE_FAILURES: '1', SAMPLE_DRAIN_MS: '300' })
    const { health } = await service.said('starting')
    assert.equal((await fetch(`${health}/livez`)).status, 200)
    await service.said('could not start, will try again')
    assert.equal((await fetch(`${health}/readyz`)).status, 503)
    await service.said('ready')
    assert.equal((await fetch(`${health}/readyz`)).status, 200)
    const metrics = await (await fetch(`${health}/metrics`)).text()
    assert.match(metrics, /process_resident_memory_bytes\{service="sample"\} \d+/)
    service.child.kill('SIGTERM')
    await service.said('told to stop')
    const draining = await fetch(`${health}/readyz`)
    assert.equal(draining.status, 503)
    assert.deepEqual(await draining.json(), { status: 'unavailable', faults: { service: 'it is draining' } })
    assert.equal(await service.exited, 0)
    assert.ok(service.lines.some(({ msg }) => msg === 'drained'))
  })

  test('a dependency that is away makes it unready, and says which', async () => {
    await using service = run({ SAMPLE_COUNT: '3', SAMPLE_UNREADY: 'yes' })
    const { health } = await service.said('starting')
    await service.said('ready')
    const response = await fetch(`${health}/readyz`)
    assert.deepEqual(
      [response.status, await response.json()],
      [503, { status: 'unavailable', faults: { pantry: 'the pantry is empty' } }],
    )
  })

  test('what cannot drain in time is cut off, and it says so', async () => {
    await using service = run({ SAMPLE_COUNT: '3', SAMPLE_DRAIN_MS: '60000', FANLIGHT_DRAIN_MS: '200' })
    await service.said('ready')
    service.child.kill('SIGTERM')
    assert.equal(await service.exited, 1)
    assert.ok(service.lines.some(({ msg }) => String(msg).startsWith('could not drain in time')))
  })

  test('a start that can never go well ends it with 2', async () => {
    await using service = run({ SAMPLE_COUNT: '9' })
    assert.equal(await service.exited, 2)
    assert.match(String((await service.said('cannot start')).error), /nine is too many/)
  })
})
