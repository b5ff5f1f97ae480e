import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The best that onnxruntime-node gives on these cores: plain sessions of one thread, each in its process, and nothing else. */
export class RawSessions implements AsyncDisposable {
  readonly #children

  constructor(model: string, count: number) {
    const entry = fileURLToPath(new URL('./raw-session-child.ts', import.meta.url))
    this.#children = Array.from({ length: count }, () => fork(entry, [model]))
  }

  /** @returns forwards a second of all sessions together over that time */
  async forwardsPerSecond(durationMs: number): Promise<number> {
    const rates = await Promise.all(this.#children.map((child) => ask<number>(child, durationMs)))
    return rates.reduce((sum, rate) => sum + rate, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill()
  }
}

async function ask<T>(child: ReturnType<typeof fork>, message: number): Promise<T> {
  const done = new AbortController()
  const reply = once(child, 'message', { signal: done.signal })
  const death = once(child, 'exit', { signal: done.signal }).then(([code]) => {
    throw new Error(`a raw session ended with ${code}`)
  })
  child.send(message)
  try {
    const [value] = await Promise.race([reply, death])
    return value as T
  } finally {
    done.abort()
    await Promise.allSettled([reply, death])
  }
}
