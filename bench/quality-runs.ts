import { join } from 'node:path'
import {
  forwardsOf,
  hashOf,
  type MethodSpec,
  type Question,
  type ScoredTarget,
  type TargetPolicy,
} from '@fanlight/contracts'
import { iou } from '@fanlight/evaluate'
import { type Answer, type Attribution, explainerFor, focusPrior, methodSpec, startRun } from '@fanlight/explain'
import { logisticGame } from '@fanlight/game'
import { unpackRow } from '@fanlight/segments'
import { z } from 'zod'
import { askModel, type Sessions } from './explain-photo.ts'
import { GREY } from './peers-contenders.ts'
import { cellsAround, smallOnes } from './quality-around.ts'
import { kept } from './quality-cache.ts'
import { GRID, MAX_TARGETS, MIN_SCORE, PLAYERS, type Studied } from './quality-photos.ts'
import { cellSums } from './quality-reference.ts'

/** Part of the names of what is kept: changes whenever what is read off a run would. */
const VERSION = 1

/** What each method is told: the references' fill, and, where it takes them, their cells. */
const PARAMS: Readonly<Record<string, object>> = {
  focus: { fill: GREY },
  'kernel-shap': { fill: GREY, segmentation: GRID },
  drise: { fill: GREY },
  'box-gaussian': {},
}
type Estimator = 'focus' | 'kernel-shap' | 'drise' | 'box-gaussian'

const POLICY: TargetPolicy = {
  kind: 'detections',
  minScore: MIN_SCORE,
  maxTargets: MAX_TARGETS,
  objectives: ['score'],
}

export interface Order {
  readonly name: Estimator
  /** Clean and empty run, and whatever else the method asks, included; 0 of a method that asks nothing. */
  readonly forwards: number
  readonly seed: number
}

const Cells = z.array(z.number()).length(PLAYERS)
/** What a run made of one detection. */
const Outcome = z.object({
  /** Sums of the map over the photo's cells, and over those around a small box. */
  cells: Cells,
  around: Cells.nullable(),
  /** Of `focus`: the cells' values themselves, what its prior alone would say, and half the widths of the intervals. */
  own: z.object({ values: Cells, prior: Cells, halfWidths: Cells }).nullable(),
})
export type Outcome = z.infer<typeof Outcome>

const Outcomes = z.object({ forwards: z.int(), of: z.array(Outcome) })

/** Runs a method, unless it did already. */
function outcomesOf(sessions: Sessions, photo: Studied, order: Order): Promise<z.infer<typeof Outcomes>> {
  return kept(partOf(photo, 'run', order, VERSION), Outcomes, async () => {
    const made = await ran(sessions, photo, order)
    const { recording } = photo
    const small = smallOnes(photo)
    const of = recording.detections.map((detection, i): Outcome => {
      const [attribution, index] = attributionOf(made, detection)
      return {
        cells: cellSums(attribution.map),
        around: small.includes(i) ? cellSums(attribution.map, cellsAround(detection.box, recording)) : null,
        own: order.name === 'focus' ? ownOf(made, index, photo) : null,
      }
    })
    return { forwards: made.forwards, of }
  })
}

export interface Run extends Order {
  /** In the order of the recording's detections. */
  readonly of: readonly Outcome[]
}

/** One after another: each takes both cores. */
export async function runsOf(sessions: Sessions, photo: Studied, orders: readonly Order[]): Promise<Run[]> {
  const runs: Run[] = []
  for (const order of orders) runs.push({ ...order, ...(await outcomesOf(sessions, photo, order)) })
  return runs
}

/** Where a result about a photo is kept: by method, version, params and seed. */
export function partOf(photo: Studied, what: string, order: Order, version: number): string {
  const key = hashOf([what, version, specOf(order), POLICY, order.seed]).slice(0, 16)
  return join(photo.folder, `${what}-${order.name}-${order.forwards}-${order.seed}-${key}.json`)
}

const specOf = ({ name, forwards }: Order): MethodSpec => methodSpec(name, PARAMS[name], forwards || undefined)

interface Asked {
  readonly question: Question
  readonly answer: Answer
}

interface Made {
  readonly attributions: readonly Attribution[]
  readonly asked: readonly Asked[]
  readonly forwards: number
}

/** A method through the mechanism that the services use. */
export async function ran(sessions: Sessions, { image }: Studied, order: Order): Promise<Made> {
  const method = specOf(order)
  const context = { image: image.sha256, detector: sessions.detector.id, policy: POLICY, seed: order.seed }
  const explainer = explainerFor(method)
  const run = startRun(explainer, context, method.params)
  const asked: Asked[] = []
  while (!run.current.done) {
    const { question } = run.current
    const { answer } = await askModel(sessions, image, question)
    asked.push({ question, answer })
    run.answer(answer)
  }
  const { attributions } = run.current.explained
  return { attributions, asked, forwards: order.name === 'box-gaussian' ? 0 : explainer.cost(method.params) }
}

const SAME_BOX = 0.98

/** The attribution of a recorded detection, and which one it is. */
export function attributionOf({ attributions }: Made, { box, class: index }: ScoredTarget): [Attribution, number] {
  const at = attributions.findIndex(({ target }) => target.class === index && iou(target.box, box) > SAME_BOX)
  if (at < 0) throw new Error(`a detection of class ${index} was recorded and is not seen now: delete its recording`)
  return [attributions[at]!, at]
}

/** What `focus` fitted, by fitting it again to the answers it had: its map is drawn smoothly and does not tell. */
function ownOf({ attributions, asked }: Made, index: number, { recording }: Studied): NonNullable<Outcome['own']> {
  const { target, fullValue: full, emptyValue: empty, fit } = attributions[index]!
  if (full === null || empty === null || !fit?.widestInterval) throw new Error('focus gave no intervals: is v(full) 0?')
  const played = asked.flatMap((each) => playsOf(each, index))
  const plays = { coalitions: played.map(({ coalition }) => coalition), values: played.map(({ value }) => value) }
  const worth = logisticGame(plays, { empty, full }, focusPrior(target.box, recording, GRID))
  if (Math.abs(worth.r2! - fit.r2!) > 1e-6) throw new Error('focus fits another game than is fitted here')
  // All intervals reach as many deviations, and the widest one is told.
  const reach = (fit.widestInterval * Math.abs(full - empty)) / 2 / Math.max(...worth.deviations)
  const halfWidths = Array.from(worth.deviations, (deviation) => reach * deviation)
  return { values: [...worth.values], prior: [...worth.prior], halfWidths }
}

/** What one target's cells were worth under the fill that counts, nobody left out. */
function playsOf({ question, answer }: Asked, index: number): { coalition: Uint8Array; value: number }[] {
  if (question.kind !== 'score' || answer.kind !== 'score' || hashOf(question.fill) !== hashOf(GREY)) return []
  const from = index * forwardsOf(question)
  return question.coalitions
    .flatMap((set) => (set.kind === 'bits' ? Array.from(Array(set.count), (_, i) => unpackRow(set, i, PLAYERS)) : []))
    .map((coalition, i) => ({ coalition, value: answer.values[from + i]! }))
    .filter(({ coalition }) => coalition.includes(1))
}
