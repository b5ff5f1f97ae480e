// What gradients cost ÷ what a forward costs: time, memory, and building the models.
//   npm run bench -- gradients [--rounds 10]

import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { encodeModel, vjp } from '@fanlight/onnx'
import { forward, gradient, heads, type Network, network, open, type Runnable } from './gradient-networks.ts'
import { liveBytes } from './live-bytes.ts'
import { median, printMachine, spread } from './machine.ts'
import { temporaryFolder } from './temporary-folder.ts'

const { values } = parseArgs({ args: process.argv.slice(2), options: { rounds: { type: 'string', default: '10' } } })
const ROUNDS = Number(values.rounds)
const DETECTIONS = 10
const MIB = 2 ** 20
const run = promisify(execFile)

printMachine('gradients ÷ forward')
for (const [name, size] of [
  ['yolox_nano', 416],
  ['yolov8n', 640],
] as const) {
  console.log(`\n## ${name}, ${size} × ${size}`)
  await building(name, size)
  const of = await network(name, size)
  await time(of)
  await memory(of)
}
console.log('\n## yolov8n, 1280 × 1280')
await memory(await network('yolov8n', 1280))

/** From the file to a session that gives the gradient at the input. */
async function building(name: string, size: number): Promise<void> {
  const times: number[] = []
  for (let round = 0; round < 3; round++) {
    const start = performance.now()
    const of = await network(name, size)
    const session = await open(vjp(of.model, { wrt: [of.input], outputs: of.outputs, shapes: of.shapes }).model)
    times.push((performance.now() - start) / 1000)
    await session.release()
  }
  console.log(`building: ${spread(times, 2)} s`)
}

/** A run of each in turn, so that all see the same machine. */
async function time(of: Network): Promise<void> {
  const { tapped, decoder, windows } = heads(of)
  const all: Readonly<Record<string, readonly Runnable[]>> = {
    forward: [forward(of)],
    'gradient at the neck': [gradient(of, of.neck)],
    'gradient at the input': [gradient(of, [of.input])],
    [`neck gradients of ${DETECTIONS} detections`]: [tapped, ...Array(DETECTIONS).fill([decoder, windows[0]!]).flat()],
    'of those, the forward that tells neck and maps': [tapped],
    'a detection, from the outputs to the maps': [decoder],
    'a detection, from the maps to the neck, on a window': [windows[0]!],
  }
  const taken = Object.entries(all).map(([what]) => ({ what, times: [] as Times[] }))
  const timers = await Promise.all(Object.values(all).map(timer))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, timed] of timers.entries()) {
      const times = await timed()
      // The first round warms up.
      if (round > 0) taken[i]!.times.push(times)
    }
  }
  const [plain, ...rest] = taken
  console.log(`forward: ${median(plain!.times.map(({ cpu }) => cpu)).toFixed(1)} ms of CPU time`)
  for (const { what, times } of rest) {
    const ratios = (clock: keyof Times) => times.map((each, i) => each[clock] / plain!.times[i]![clock])
    console.log(`${what} ÷ forward: ${spread(ratios('wall'), 2)}; CPU time ${spread(ratios('cpu'), 2)}`)
  }
}

interface Times {
  readonly wall: number
  readonly cpu: number
}

/** @returns what runs them one after another, and says how many milliseconds that took */
async function timer(runnables: readonly Runnable[]): Promise<() => Promise<Times>> {
  const sessions = new Map<Runnable, Awaited<ReturnType<typeof open>>>()
  for (const runnable of new Set(runnables)) sessions.set(runnable, await open(runnable.model))
  return async () => {
    const [start, before] = [performance.now(), process.cpuUsage()]
    for (const runnable of runnables) await sessions.get(runnable)!.run(runnable.feeds)
    const { user, system } = process.cpuUsage(before)
    return { wall: performance.now() - start, cpu: (user + system) / 1000 }
  }
}

async function memory(of: Network): Promise<void> {
  const [plain, back] = [forward(of), gradient(of, [of.input])]
  const [least, most] = [await liveBytes(plain), await liveBytes(back)]
  const shown = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`
  console.log(`live bytes, input gradient ÷ forward: ${(most / least).toFixed(2)}: ${shown(most)} ÷ ${shown(least)}`)
  const [small, large] = [await residentBytes(plain), await residentBytes(back)]
  console.log(`largest resident size: ${shown(large)} against ${shown(small)}`)
}

/** Of a process that does nothing else. */
async function residentBytes({ model }: Runnable): Promise<number> {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'model.onnx')
  await writeFile(file, encodeModel(model))
  const entry = fileURLToPath(new URL('./gradient-child.ts', import.meta.url))
  const { stdout } = await run(process.execPath, [entry, file])
  return Number(stdout)
}
