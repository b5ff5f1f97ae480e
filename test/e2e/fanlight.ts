import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

// The real command in its own process, over data and results folders of its own.

const bin = fileURLToPath(new URL('../../packages/cli/bin/fanlight.mjs', import.meta.url))
const samples = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** An empty folder with `home` and room for photos and results; gone at the end. */
export class Scratch implements AsyncDisposable {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async make(): Promise<Scratch> {
    return new Scratch(await mkdtemp(join(tmpdir(), 'fanlight-e2e-')))
  }

  path(...names: string[]): string {
    return join(this.folder, ...names)
  }

  /** A photo with faces, from the default detector's package, under a name of one's own. */
  async sample(number: number, name: string): Promise<void> {
    await copyFile(join(samples, `sample${number}.jpg`), this.path(name))
  }

  start(
    args: readonly string[],
    { home = 'home', env = {} }: { home?: string; env?: NodeJS.ProcessEnv } = {},
  ): Running {
    const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: this.folder,
      env: { ...inherited, FANLIGHT_HOME: this.path(home), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new Running(child)
  }

  run(args: readonly string[], options?: { home?: string; env?: NodeJS.ProcessEnv }): Promise<Ended> {
    return this.start(args, options).ended
  }

  async lines<T = Record<string, unknown>>(...names: string[]): Promise<T[]> {
    const text = await readFile(this.path(...names), 'utf8')
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as T)
  }

  /** SHA-256 of everything that must be the same twice: attributions and maps, by name. */
  async durable(results: string): Promise<Record<string, string>> {
    const maps = (await readdir(this.path(results, 'maps'))).sort().map((name) => `maps/${name}`)
    const files = ['attributions.ndjson', ...maps].map(async (name) => {
      return [
        name,
        createHash('sha256')
          .update(await readFile(this.path(results, name)))
          .digest('hex'),
      ]
    })
    return Object.fromEntries(await Promise.all(files))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

export class Running {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #firstLine: Promise<string>

  constructor(child: ChildProcess) {
    this.#child = child
    const text = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]!.setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk
      })
    }
    this.#firstLine = once(createInterface({ input: child.stdout! }), 'line').then(([line]) => String(line))
    this.ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...text }))
  }

  /** The first line on stdout. */
  get firstLine(): Promise<string> {
    return this.#firstLine
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}
