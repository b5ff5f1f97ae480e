import assert from 'node:assert/strict'
import { chmod, mkdir } from 'node:fs/promises'
import { after, before, suite, test } from 'node:test'
import { Scratch } from './fanlight.ts'
import { environmentIn, failure, missingPeers } from './started-cluster.ts'

// Gradient methods through every service: on a laptop, and on clusters of two inference processes.

const methods = ['--method', 'odam,gradient,smoothgrad', '--set', 'smoothgrad.samples=8']
const command = ['explain', 'photos', ...methods, '--no-overlays']

interface Row {
  readonly method: string
  readonly forwards: number
  readonly target: { id: string }
  readonly gradient: { layers: readonly string[]; magnitude: number; vanished: string | null }
}

suite('gradients of the default detector', { timeout: 300_000 }, () => {
  let scratch: Scratch
  before(async () => {
    scratch = await Scratch.make()
    await chmod(scratch.folder, 0o711)
    await mkdir(scratch.path('photos'))
    await scratch.sample(2, 'photos/one.jpg')
    const { code, stderr } = await scratch.run([...command, '--out', 'laptop'])
    assert.equal(code, 0, stderr)
  })
  after(() => scratch[Symbol.asyncDispose]())

  test('each detection has a map of each method, with where it was taken and what it cost', async () => {
    const rows = await scratch.lines<Row>('laptop', 'attributions.ndjson')
    const byTarget = Map.groupBy(rows, ({ target }) => target.id)
    assert.ok(byTarget.size > 1, 'several targets, or nothing is cut between them')
    const [own] = byTarget.values()
    assert.deepEqual(
      own!.map(({ method, forwards }) => [method, forwards]),
      [
        ['gradient', 4],
        ['odam', 4],
        ['smoothgrad', 33],
      ],
    )
    for (const { gradient } of rows) {
      assert.equal(gradient.vanished, null)
      assert.ok(gradient.magnitude > 0 && gradient.layers.length > 0)
    }
  })

  test('they are made again from their transcripts, and with two workers instead of one', async () => {
    const verified = await scratch.run(['verify', 'laptop'])
    assert.equal(verified.code, 0, verified.stderr)
    assert.match(verified.stderr, /3 of 3 explanations made again, byte for byte/)
    const again = await scratch.run([...command, '--workers', '2', '--fresh', '--out', 'two-workers'])
    assert.equal(again.code, 0, again.stderr)
    assert.deepEqual(await maps('two-workers'), await maps('laptop'))
  })

  for (const bus of ['nats', 'kafka'] as const) {
    test(`a cluster on ${bus} gives the same bytes`, async (t) => {
      const missing = await missingPeers([bus, 's3', 'postgres'])
      if (missing) return t.skip(missing)
      const home = `home-${bus}`
      const cluster = scratch.start(['cluster', '--bus', bus, '--inference', '2', '--port', '0', '--workers', '1'], {
        home,
      })
      try {
        await Promise.race([cluster.firstLine, failure(cluster)])
        const env = await environmentIn(scratch.path(home, 'cluster', 'env.sh'))
        const there = await scratch.run([...command, '--out', bus], { home, env })
        assert.equal(there.code, 0, there.stderr)
        assert.deepEqual(await scratch.durable(bus), await scratch.durable('laptop'))
        const verified = await scratch.run(['verify', bus], { home, env })
        assert.equal(verified.code, 0, verified.stderr)
      } finally {
        cluster.kill('SIGTERM')
        await cluster.ended
      }
    })
  }

  /** Hashes of maps: a fresh run names its explanations anew. */
  async function maps(results: string): Promise<Record<string, string>> {
    const { 'attributions.ndjson': _, ...hashes } = await scratch.durable(results)
    return hashes
  }
})
