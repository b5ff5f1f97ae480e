import {
  forwardsPerTarget,
  type GradientQuestion,
  Objective,
  type ReductionName,
  type Sampling,
  type Tap,
} from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import type {
  Answer,
  AskedQuestion,
  Attribution,
  ExplainContext,
  Explained,
  Explainer,
  TakenGradients,
} from './explainer.ts'
import { mapShapeOf } from './map-shape.ts'
import { type Found, findTargets } from './targets.ts'

/** What a method asks of the network's inside. */
interface Asked {
  readonly tap: Tap
  readonly reduction: ReductionName
  /** @default the photo as it is */
  readonly sampling?: Sampling
  readonly guided?: boolean
  /** Of the map's longer side. @default that of all maps */
  readonly cells?: number
}

interface GradientMethod<Params> extends Pick<Explainer<Params>, 'name' | 'version' | 'summary' | 'params'> {
  readonly asks: (params: Params, context: ExplainContext) => Asked
}

const CLEAN: Sampling = { kind: 'clean' }
/** Of one target's maps, which are answered together: in base64 they must fit into a message. */
const MAX_TARGET_BYTES = 640_000
/** For what does not depend on it. */
const ANY_CONTEXT: ExplainContext = {
  image: '0'.repeat(64),
  detector: '0'.repeat(64),
  policy: { kind: 'detections', minScore: 0, maxTargets: 1, objectives: ['score'] },
  seed: 0,
}

/**
 * A method that is one gradient question: the matched prediction is found in the clean run and held, and the map is
 * made where the gradient arises.
 */
export function gradientMethod<Params>({ asks, ...rest }: GradientMethod<Params>): Explainer<Params> {
  const question = (params: Params, context: ExplainContext, found: Found): GradientQuestion => {
    const { tap, reduction, sampling = CLEAN, guided = false, cells } = asks(params, context)
    const targets = found.detections.map((seen) => ({ box: seen.box, class: seen.class }))
    const map = mapShapeOf(found.width, found.height, cells)
    return { kind: 'gradient', targets, objectives: [...found.objectives], tap, reduction, sampling, guided, map }
  }
  return {
    ...rest,
    objectives: Objective.options,
    // Of a photo with one target: how many there will be, nobody knows.
    cost: (params) => 1 + forwardsPerTarget(question(params, ANY_CONTEXT, ONE_TARGET)),
    *explain(context, params): Generator<AskedQuestion, Explained, Answer> {
      const found = yield* findTargets(context)
      const { width, height, targetsCut } = found
      if (found.targets.length === 0) return { width, height, targetsCut, attributions: [] }
      const asked = question(params, context, found)
      refuseLarge(asked)
      return { width, height, targetsCut, attributions: attributionsOf(found, asked, yield asked) }
    },
  }
}

function refuseLarge({ map: { width, height }, objectives: { length: objectives } }: GradientQuestion): void {
  const most = Math.floor(MAX_TARGET_BYTES / (objectives * Float32Array.BYTES_PER_ELEMENT))
  if (width * height <= most) return
  const asked = `maps of ${width} × ${height} cells, ${objectives} a detection, do not fit into a message`
  const remedy = `ask for fewer cells, such as ${Math.floor(Math.sqrt(most))}, or for fewer objectives`
  throw new InputError('USAGE', `${asked}: ${remedy}`)
}

const ONE_TARGET: Found = {
  width: 1,
  height: 1,
  detections: [{ box: [0, 0, 1, 1], class: 0, label: '', score: 1 }],
  objectives: ['score'],
  targets: [],
  targetsCut: 0,
}

function attributionsOf(found: Found, asked: GradientQuestion, answer: Answer): readonly Attribution[] {
  const { layers, maps, facts } = checked(asked, answer)
  const { map, objectives } = asked
  const size = map.width * map.height
  return found.targets.map(({ target, detection, objective }): Attribution => {
    const row = detection * objectives.length + objective
    const own = facts[row]!
    return {
      target,
      map: { ...map, data: maps.slice(row * size, (row + 1) * size) },
      forwards: 1 + forwardsPerTarget({ ...asked, objectives: [target.objective] }),
      fullValue: own.value,
      emptyValue: own.emptyValue,
      stability: null,
      priorShare: 0,
      gradient: { ...own, layers },
      ...(atOnePlace(asked) && own.slope !== null && own.vanished === null && { slope: own.slope }),
    }
  })
}

/** What holds in the photo need not hold in samples of it. */
const atOnePlace = ({ sampling, reduction }: GradientQuestion) => sampling.kind === 'clean' && reduction !== 'eigen-cam'

function checked({ targets, objectives, map }: GradientQuestion, answer: Answer): TakenGradients {
  const rows = targets.length * objectives.length
  if (
    answer.kind === 'gradient' &&
    answer.facts.length === rows &&
    answer.maps.length === rows * map.width * map.height
  )
    return answer
  throw new InputError(
    'MESSAGE_INVALID',
    `a gradient question for ${rows} maps got another answer: answer what was asked`,
  )
}
