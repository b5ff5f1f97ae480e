import { type GivenTarget, hashOf, type JobSpec, type MethodSpec, Objective } from '@fanlight/contracts'
import { methodNamed, methodSpec } from '@fanlight/explain'
import { nearestNames } from '@fanlight/onnx'
import type { FoundPhoto } from '@fanlight/ports'
import { InputError, type Store } from '@fanlight/ports'

/** What is asked of the network, as commander parsed it. */
export interface AskOptions {
  readonly model: string
  readonly family?: string
  readonly method: readonly string[]
  readonly forwards?: number
  readonly set: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly seed: number
  readonly minScore: number
  readonly objective: readonly string[]
  readonly maxTargets: number
  readonly target?: readonly string[]
  readonly fresh: boolean
}

/** The options of `fanlight explain`. */
export interface ExplainOptions extends AskOptions {
  readonly out: string
  readonly json: boolean
  readonly dryRun: boolean
  readonly overlays: boolean
  readonly retry: boolean
  readonly workers?: number
}

/** @throws InputError `USAGE` for unknown methods, params and objectives */
export function methodsOf({ method, set, forwards }: AskOptions): readonly MethodSpec[] {
  const names = [...new Set(method)]
  const stray = Object.keys(set).find((name) => !names.includes(name))
  if (stray !== undefined) throw new InputError('USAGE', `--set ${stray}.… names a method that --method does not`)
  return names.map((name) => methodSpec(name, set[name] ?? {}, forwards))
}

export function objectivesOf({ objective }: AskOptions): Objective[] {
  return [...new Set(objective)].map((name) => {
    const parsed = Objective.safeParse(name)
    if (parsed.success) return parsed.data
    throw new InputError('USAGE', `there is no objective ${JSON.stringify(name)}: take ${Objective.options.join(', ')}`)
  })
}

const TARGET = /^(.+):(-?[\d.]+),(-?[\d.]+),(-?[\d.]+),(-?[\d.]+)$/s

/**
 * `CLASS:X1,Y1,X2,Y2`, the class by its name or number.
 * @throws InputError `USAGE` for what is none, and for a class that the detector does not have, with the nearest
 */
export function givenTargets(
  { target = [] }: AskOptions,
  classNames: readonly string[],
): readonly GivenTarget[] | undefined {
  const given = target.map((text): GivenTarget => {
    const [, name = '', ...sides] = TARGET.exec(text) ?? []
    const box = sides.map(Number) as [number, number, number, number]
    const [x1, y1, x2, y2] = box
    if (box.length !== 4 || !box.every(Number.isFinite)) {
      const wanted = 'CLASS:X1,Y1,X2,Y2 in pixels of the photo, as person:40,60,120,300'
      throw new InputError('USAGE', `--target ${JSON.stringify(text)} is not of the form ${wanted}`)
    }
    if (x2 <= x1 || y2 <= y1) {
      const remedy = 'give its left, top, right and bottom side, X1 below X2 and Y1 below Y2'
      throw new InputError('USAGE', `--target ${JSON.stringify(text)} has no area: ${remedy}`)
    }
    const index = classNames.indexOf(name)
    const number = index < 0 && /^\d+$/.test(name) ? Number(name) : index
    if (number >= 0 && number < classNames.length) return { box, class: number, label: classNames[number]! }
    const nearest = nearestNames(name, classNames)
      .map((each) => JSON.stringify(each))
      .join(', ')
    throw new InputError('USAGE', `the detector has no class ${JSON.stringify(name)}. The nearest are ${nearest}`)
  })
  return given.length > 0 ? given : undefined
}

/** Forwards that all methods together ask for a photo with detections. */
export const costOf = (methods: readonly MethodSpec[]): number =>
  methods.reduce((sum, { name, params }) => sum + methodNamed(name).cost(params), 0)

/**
 * The same request over the same photos is the same job: it goes on where it stood, or is done already. A cancelled
 * job stays cancelled, the request then becomes another one.
 */
export async function jobIdFor(
  { project, store }: { project: string; store: Pick<Store, 'getJob'> },
  spec: JobSpec,
  photos: readonly FoundPhoto[],
): Promise<string> {
  const found = photos.map(({ name, image, failure }) => [name, image?.sha256 ?? failure?.code ?? null])
  for (let turn = 1; ; turn++) {
    const id = hashOf([
      'job',
      spec.detector.id,
      spec.methods,
      spec.policy,
      spec.seed,
      spec.nonce ?? null,
      found,
      turn,
    ]).slice(0, 16)
    const job = await store.getJob(project, id)
    if (job?.state !== 'cancelled') return id
  }
}
