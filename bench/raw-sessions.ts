import { fork } from 'node:child_process'
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

function ask<T>(child: ReturnType<typeof fork>, message: number): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (reply) => resolve(reply as T))
    child.once('exit', (code) => reject(new Error(`a raw session ended with ${code}`)))
    child.send(message)
  })
}
