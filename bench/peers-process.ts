import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Box, decodeFloat32 } from '@fanlight/contracts'
import type { CellMap } from '@fanlight/evaluate'
import { z } from 'zod'

/** What a peer is asked to explain. */
export interface Asked {
  readonly photo: string
  readonly boxes: readonly Box[]
  readonly classes: readonly number[]
  readonly forwards: number
  readonly seed: number
}

const Introduction = z.object({ name: z.string(), explains: z.string(), way: z.string() })
type Introduction = z.infer<typeof Introduction>

const Reply = z.object({
  /** From the file's bytes to the maps, as the peer measured it. */
  seconds: z.number(),
  forwards: z.int(),
  shape: z.tuple([z.int(), z.int(), z.int()]),
  maps: z.base64(),
})

/** One Python explainer in a process that stays warm (peers/peer.py). */
export class PeerProcess implements AsyncDisposable {
  readonly introduction: Introduction
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  static async start(python: string, { peer, model, threads }: { peer: string; model: string; threads: number }) {
    const script = fileURLToPath(new URL('./peers/peer.py', import.meta.url))
    const env = { ...process.env, TQDM_DISABLE: '1' }
    const child = spawn(python, [script, peer, model, `${threads}`], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    const failed = once(child, 'error').then(([error]) => Promise.reject(error))
    const lines = createInterface({ input: child.stdout })
    let told = ''
    child.stderr.on('data', (text) => {
      told = `${told}${text}`.slice(-2000)
    })
    const next = linesOf(lines, () => `${peer} ended: ${told}`)
    const introduction = Introduction.parse(JSON.parse((await Promise.race([next.next(), failed])).value))
    failed.catch(() => {})
    return new PeerProcess(child, next, introduction)
  }

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, introduction: Introduction) {
    this.#child = child
    this.#lines = lines
    this.introduction = introduction
  }

  /** One at a time. @returns the maps over the whole photo, of the peer's own size */
  async explain(asked: Asked): Promise<{ seconds: number; forwards: number; maps: CellMap[] }> {
    this.#child.stdin?.write(`${JSON.stringify(asked)}\n`)
    const { seconds, forwards, shape, maps } = Reply.parse(JSON.parse((await this.#lines.next()).value))
    const [targets, height, width] = shape
    const data = decodeFloat32(maps)
    const size = width * height
    const each = Array.from({ length: targets }, (_, i) => data.subarray(i * size, (i + 1) * size))
    return { seconds, forwards, maps: each.map((values) => ({ width, height, data: values })) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.stdin?.end()
    this.#child.kill()
    await once(this.#child, 'exit')
  }
}

/** @param ended what to say when there are no more lines */
async function* linesOf(lines: Interface, ended: () => string): AsyncGenerator<string, never> {
  yield* lines
  throw new Error(ended())
}
