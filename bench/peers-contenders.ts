import { readFile } from 'node:fs/promises'
import type { Box, Fill, ImageRef, Target } from '@fanlight/contracts'
import type { CellMap } from '@fanlight/evaluate'
import { type Attribution, methodNames, methodSpec } from '@fanlight/explain'
import { decodeImage, renderOverlay } from '@fanlight/image'
import { explainPhoto, type Sessions } from './explain-photo.ts'
import { median } from './machine.ts'
import { PeerProcess } from './peers-process.ts'
import { cpuSeconds } from './processes.ts'

/** A photo, and what the detector sees in it. */
export interface Shown {
  readonly path: string
  readonly image: ImageRef
  readonly width: number
  readonly height: number
  readonly targets: readonly Pick<Target, 'box' | 'class' | 'label' | 'objective'>[]
}

export interface Budget {
  readonly forwards: number
  readonly seed: number
}

/** What was made of two photos. */
export interface Made {
  /** From both files to all maps. */
  readonly seconds: number
  /** And to a picture of each. */
  readonly withPictures: number | undefined
  /** Of all processes, to all maps: what a noisy machine changes less. */
  readonly cpuSeconds: number
  readonly photos: readonly { readonly forwards: number; readonly maps: readonly CellMap[] }[]
}

/** An explainer of any make. Photos come in pairs, so that each may take its own best way on two cores. */
export interface Contender extends AsyncDisposable {
  readonly name: string
  readonly isOurs: boolean
  readonly explains: string
  readonly way: string
  explain(pair: readonly Shown[], budget: Budget): Promise<Made>
}

export const GREY: Fill = { kind: 'constant', rgb: [114, 114, 114] }

const GRID = { kind: 'grid', rows: 8, cols: 8, edges: 'hard' } as const
/** What makes our methods answer the peers' question: the same fill, the same cells. */
const OURS: Readonly<Record<string, object>> = {
  'kernel-shap': { fill: GREY, segmentation: GRID },
  lime: { fill: GREY, segmentation: GRID },
  drise: { fill: GREY },
  aise: { fill: GREY },
  focus: { fill: GREY },
}
const PYTHON = 'python-'
/** Those of the modules in peers/. */
export const peerNames = ['shap', 'shap_partition', 'lime', 'drise', 'aise'].map((peer) => `${PYTHON}${peer}`)

/** Those of our methods that there are. */
export const ourNames: readonly string[] = Object.keys(OURS).filter((name) => methodNames.some((each) => each === name))

/** Both photos at once on all sessions, as the services have several in hand. */
export function ourContender(sessions: Sessions, name: string): Contender {
  const policyOf = ({ targets }: Shown) => ({
    kind: 'detections' as const,
    minScore: 0.3,
    maxTargets: targets.length,
    objectives: ['score' as const],
    given: targets.map(({ box, class: index, label }) => ({ box, class: index, label })),
  })
  return {
    name: `fanlight ${name}`,
    isOurs: true,
    explains: 'all targets at once',
    way: 'sessions of 1 thread in 2 processes',
    async explain(pair, { forwards, seed }) {
      const method = methodSpec(name, OURS[name], forwards)
      const cpuBefore = await cpuSeconds('all')
      const start = performance.now()
      const since = () => (performance.now() - start) / 1000
      const made = await Promise.all(
        pair.map((shown) => explainPhoto(sessions, shown.path, { method, policy: policyOf(shown), seed })),
      )
      const seconds = since()
      const cpu = (await cpuSeconds('all')) - cpuBefore
      const drawingFrom = since()
      await Promise.all(pair.map((shown, i) => draw(shown.path, made[i]!.explained.attributions)))
      const photos = made.map(({ explained, spent }) => ({
        forwards: spent.forwards,
        maps: explained.attributions.map(({ map }) => map),
      }))
      return { seconds, withPictures: seconds + since() - drawingFrom, cpuSeconds: cpu, photos }
    },
    async [Symbol.asyncDispose]() {},
  }
}

async function draw(path: string, attributions: readonly Attribution[]): Promise<void> {
  const photo = await decodeImage(await readFile(path))
  for (const { target, map } of attributions) {
    await renderOverlay({ photo, map, box: target.box, label: target.label })
  }
}

/** Tries both ways that two cores leave to a peer, and keeps the faster. */
export async function peerContender(
  python: string,
  name: string,
  { model, pair, tries }: { model: string; pair: readonly Shown[]; tries: Budget },
): Promise<Contender> {
  const peer = name.slice(PYTHON.length)
  const start = (threads: number) => PeerProcess.start(python, { peer, model, threads })
  const ways = [contenderOf([await start(2)]), contenderOf([await start(1), await start(1)])]
  const seconds = ways.map((): number[] => [])
  for (let round = 0; round < 3; round++) {
    for (const [i, way] of ways.entries()) {
      const made = await way.explain(pair, tries)
      // The first warms up.
      if (round > 0) seconds[i]!.push(made.seconds)
    }
  }
  const [together, apart] = seconds.map(median) as [number, number]
  const kept = together <= apart ? 0 : 1
  await ways[1 - kept]![Symbol.asyncDispose]()
  console.error(`${peer}: one process ${together.toFixed(1)} s, two processes ${apart.toFixed(1)} s`)
  return ways[kept]!
}

function contenderOf(processes: readonly PeerProcess[]): Contender {
  const [{ introduction }] = processes as readonly [PeerProcess]
  return {
    name: introduction.name,
    isOurs: false,
    explains: introduction.explains,
    way: processes.length > 1 ? `2 processes, a photo each: ${introduction.way}` : `1 process: ${introduction.way}`,
    async explain(pair, budget) {
      const turns = pair.map((shown, i) => ({ shown, at: processes[i % processes.length]! }))
      const asked = ({ path, targets }: Shown) => ({
        photo: path,
        boxes: targets.map(({ box }): Box => box),
        classes: targets.map(({ class: index }) => index),
        ...budget,
      })
      const before = await cpuSeconds('children')
      const inTurn = async () => {
        const photos = []
        for (const { shown, at } of turns) photos.push(await at.explain(asked(shown)))
        return photos
      }
      const atOnce = () => Promise.all(turns.map(({ shown, at }) => at.explain(asked(shown))))
      const isApart = processes.length > 1
      const photos = await (isApart ? atOnce() : inTurn())
      const each = photos.map((photo) => photo.seconds)
      const seconds = isApart ? Math.max(...each) : each.reduce((sum, one) => sum + one, 0)
      return { seconds, withPictures: undefined, cpuSeconds: (await cpuSeconds('children')) - before, photos }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(processes.map((each) => each[Symbol.asyncDispose]()))
    },
  }
}
