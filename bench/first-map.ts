// Clean clone to first map, and a second start that finds its work done.
//   npm run bench -- first-map
// Clones this repository into an empty folder and runs `npm start -- --once` there twice, on a data folder of its own.

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printMachine } from './machine.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'fanlight-clone-'))
const clone = join(folder, 'fanlight')
const env = { ...process.env, FANLIGHT_HOME: join(folder, 'home') }

printMachine('clean clone to first map (warm registry)')
try {
  await timed('git', ['clone', '--quiet', root, clone], folder)
  const first = await timed('npm', ['start', '--', '--once'], clone)
  const lines = Object.fromEntries(
    ['installing packages', 'building the dashboard'].map((step) => [step, secondsOf(first.output, step)]),
  )
  console.log(`first start: ${first.seconds.toFixed(1)} s to the last of six photos ${JSON.stringify(lines)}`)
  console.log(`first photo done after ${first.firstPhotoSeconds?.toFixed(1)} s`)
  const second = await timed('npm', ['start', '--', '--once'], clone)
  console.log(`second start: ${second.seconds.toFixed(1)} s`)
} finally {
  await rm(folder, { recursive: true, force: true })
}

interface Timed {
  readonly seconds: number
  readonly output: string
  /** When progress first told of a photo that is done. */
  readonly firstPhotoSeconds: number | undefined
}

function timed(command: string, args: readonly string[], cwd: string): Promise<Timed> {
  const start = performance.now()
  const seconds = () => (performance.now() - start) / 1000
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
    let output = ''
    let firstPhotoSeconds: number | undefined
    child.stderr.on('data', (text) => {
      output += text
      if (firstPhotoSeconds === undefined && /^[1-9]\d*\/\d+ photos/m.test(output)) firstPhotoSeconds = seconds()
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (code === 0) resolve({ seconds: seconds(), output, firstPhotoSeconds })
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}\n${output}`))
    })
  })
}

/** What the bootstrap says a step took. */
function secondsOf(output: string, step: string): number | undefined {
  const [, seconds] = new RegExp(`${step}[^\\n]*: ([\\d.]+) s`).exec(output) ?? []
  return seconds === undefined ? undefined : Number(seconds)
}
