import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { InputError, isFanlightError } from '@fanlight/ports'
import { type SuperviseOptions, superviseChild, WorkerError } from '@fanlight/supervise'
import type { Order } from './fixtures/obedient-child.ts'

const MIB = 2 ** 20
const soon = { timeoutMs: 10_000 }

function start(options: Partial<SuperviseOptions> = {}) {
  return superviseChild<Order, unknown>({
    entry: new URL('./fixtures/obedient-child.ts', import.meta.url),
    name: 'detector net.onnx',
    maxResidentBytes: 1024 * MIB,
    loadTimeoutMs: 10_000,
    ...options,
  })
}

async function errorOf(promise: Promise<unknown>): Promise<WorkerError> {
  const error = await promise.then(
    (value) => assert.fail(`resolved with ${value}`),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof WorkerError, String(error))
  return error
}

suite('a child that behaves', () => {
  test('answers a thousand requests in order', async () => {
    await using child = start()
    const order: unknown[] = []
    const replies = Array.from({ length: 1000 }, async (_, value) => {
      order.push(await child.request({ do: 'echo', value }, soon))
    })
    await Promise.all(replies)
    assert.deepEqual(order, [...Array(1000).keys()])
    assert.equal(child.pending, 0)
  })

  test('gets and gives typed arrays', async () => {
    await using child = start()
    const value = { numbers: Float32Array.of(1.5, Number.NaN), bytes: new Uint8Array(3 * MIB).fill(7), big: 2n }
    assert.deepEqual(await child.request({ do: 'echo', value }, soon), value)
  })

  test('goes on after a handler threw: a typed error arrives as it was, another with its message', async () => {
    await using child = start()
    await assert.rejects(child.request({ do: 'throw', typed: true }, soon), (error) => {
      assert.ok(isFanlightError(error))
      assert.deepEqual([error.code, error.retry, error.message], ['MODEL_INVALID', 'never', 'no model at all'])
      return true
    })
    const slip = child.request({ do: 'throw', typed: false }, soon)
    await assert.rejects(slip, (error: Error) => !isFanlightError(error) && error.message === 'a slip')
    await assert.rejects(child.request({ do: 'uncloneable' }, soon), /could not be cloned/)
    assert.equal(await child.request({ do: 'echo', value: 'well' }, soon), 'well')
  })

  test('is not asked what cannot be cloned', async () => {
    await using child = start()
    const message = child.request({ do: 'echo', value: () => {} }, soon)
    await assert.rejects(message, (error) => error instanceof InputError && error.code === 'MESSAGE_INVALID')
    assert.equal(await child.request({ do: 'echo', value: 'well' }, soon), 'well')
  })

  test('has time for a request from when it starts it, not from when it was asked', async () => {
    await using child = start()
    const naps = Array.from({ length: 5 }, () => child.request({ do: 'sleep', ms: 300 }, { timeoutMs: 1200 }))
    await Promise.all(naps)
  })

  for (const ready of [true, false]) {
    test(`drops a waiting request whose signal aborts, and works on (${ready ? 'busy' : 'not ready yet'})`, async () => {
      await using child = start()
      if (ready) await child.request({ do: 'echo', value: 0 }, soon)
      const running = child.request({ do: 'sleep', ms: 500 }, soon)
      const controller = new AbortController()
      const deadly = child.request({ do: 'abort' }, { ...soon, signal: controller.signal })
      const last = child.request({ do: 'echo', value: 'last' }, soon)
      if (ready) await sleep(50)
      controller.abort(new Error('no longer wanted'))
      await assert.rejects(deadly, /no longer wanted/)
      await assert.rejects(child.request({ do: 'abort' }, { ...soon, signal: controller.signal }), /no longer wanted/)
      assert.deepEqual(await Promise.all([running, last]), [undefined, 'last'])
      assert.equal(child.pending, 0)
    })
  }
})

suite('a child that fails', () => {
  for (const [order, said] of [
    [{ do: 'abort' }, /net\.onnx.*SIGABRT/],
    [{ do: 'kill' }, /SIGKILL/],
    [{ do: 'exit' }, /exit code 7/],
  ] as const) {
    test(`blames ${order.do} on the running request, and not on those that wait`, async () => {
      await using child = start()
      const running = errorOf(child.request(order, soon))
      const waiting = errorOf(child.request({ do: 'echo', value: 1 }, soon))
      const [first, second] = await Promise.all([running, waiting])
      assert.match(first.message, said)
      assert.deepEqual([first.code, first.started, first.retry], ['WORKER_CRASHED', true, 'later'])
      assert.deepEqual([second.code, second.started], ['WORKER_CRASHED', false])
      assert.equal(child.alive, false)
      assert.match((await child.exited).message, said)
      const late = await errorOf(child.request({ do: 'echo', value: 1 }, soon))
      assert.equal(late.started, false)
    })
  }

  test('is quoted, with control characters escaped and the end kept', async () => {
    await using child = start()
    const error = await errorOf(
      child.request({ do: 'say', text: `${'x'.repeat(9999)}\u001b[31mred\u202e\n the end` }, soon),
    )
    assert.match(error.message, /x\\u\{1b\}\[31mred\\u\{202e\}\n the end$/)
    assert.ok(error.message.length < 2500)
  })

  test('is killed when a request takes too long, though it never yields', async () => {
    await using child = start()
    const running = errorOf(child.request({ do: 'loop' }, { timeoutMs: 150 }))
    const waiting = errorOf(child.request({ do: 'echo', value: 1 }, { timeoutMs: 1 }))
    const [first, second] = await Promise.all([running, waiting])
    assert.deepEqual([first.code, first.started], ['WORKER_TIMEOUT', true])
    assert.match(first.message, /150 ms/)
    assert.deepEqual([second.code, second.started], ['WORKER_TIMEOUT', false])
  })

  test('keeps its time limit while an aborted request runs on', async () => {
    await using child = start()
    await child.request({ do: 'echo', value: 1 }, soon)
    const running = child.request({ do: 'loop' }, { timeoutMs: 300, signal: AbortSignal.timeout(100) })
    await assert.rejects(running, { name: 'TimeoutError' })
    assert.equal((await child.exited).code, 'WORKER_TIMEOUT')
  })

  test('is killed when it takes too much memory', async () => {
    await using child = start({ maxResidentBytes: 300 * MIB })
    const error = await errorOf(child.request({ do: 'allocate', bytes: 600 * MIB }, soon))
    assert.deepEqual([error.code, error.started], ['WORKER_MEMORY', true])
    assert.match(error.message, /net\.onnx.* took \d+ MiB .*limit is 300 MiB/)
  })

  test('is killed when it is not ready in time, or crashes before', async () => {
    await using slow = start({ args: ['60000'], loadTimeoutMs: 300 })
    assert.equal((await errorOf(slow.request({ do: 'echo', value: 1 }, soon))).code, 'WORKER_TIMEOUT')
    await using crashed = start({ args: ['0', 'crash'] })
    const [first, second] = await Promise.all(
      [1, 2].map((value) => errorOf(crashed.request({ do: 'echo', value }, soon))),
    )
    assert.deepEqual([first?.code, first?.started, second?.started], ['WORKER_CRASHED', true, false])
    await using absent = start({ entry: new URL('./fixtures/absent.ts', import.meta.url) })
    assert.match((await absent.exited).message, /Cannot find module/)
    await using nowhere = start({ cwd: '/no/such/folder' })
    assert.match((await nowhere.exited).message, /could not be started/)
  })

  test('fails the next request when it dies between two', async () => {
    await using child = start()
    assert.equal(await child.request({ do: 'stray' }, soon), 'soon')
    assert.match((await child.exited).message, /a stray error/)
  })

  test('rejects what is pending when it is closed, blaming nobody', async () => {
    const child = start()
    const errors = [errorOf(child.request({ do: 'loop' }, soon)), errorOf(child.request({ do: 'loop' }, soon))]
    await sleep(100)
    await Promise.all([child.close(), child.close()])
    for (const error of await Promise.all(errors)) assert.equal(error.started, false)
    await child.close()
  })
})

suite('a parent that is killed', { skip: process.platform === 'win32' && 'signals are of POSIX' }, () => {
  for (const work of ['sleep', 'loop']) {
    test(`takes along a child that is caught in a ${work}`, async () => {
      const parent = execFile(process.execPath, [
        fileURLToPath(new URL('./fixtures/busy-parent.ts', import.meta.url)),
        work,
      ])
      const [line] = (await once(parent.stdout!, 'data')) as [string]
      const pid = Number(line)
      assert.ok(isRunning(pid))
      parent.kill('SIGKILL')
      for (let waitedMs = 0; waitedMs < 5000 && isRunning(pid); waitedMs += 50) await sleep(50)
      const orphaned = isRunning(pid)
      if (orphaned) process.kill(pid, 'SIGKILL')
      assert.ok(!orphaned)
    })
  }
})

/** A zombie is gone: only its new parent has not looked yet. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return /^[^Z\s]/.test(stdout)
}
