import type { DetectorRef, ImageRef, Target } from '@fanlight/contracts'
import {
  type ActivationsView,
  type ChannelsView,
  type DetectorFile,
  type DreamAim,
  type InsideViewer,
  type Inspector,
  modelFileOf,
  surveyChannels,
} from '@fanlight/inspect'
import type { ArtifactStore, ImageSource, ItemRow, Store } from '@fanlight/ports'
import type { ActivationFunctionView, ActivationsReply, ChannelsReply, DreamReply } from './inside-views.ts'
import type { Looking } from './looks.ts'
import { HttpProblem, looksIntoNothing } from './problem.ts'

export interface InsideContext {
  readonly store: Store
  readonly project: string
  readonly artifacts: ArtifactStore
  readonly images: ImageSource
  /** Looks into detectors while they read photos; without it, that is not shown. */
  readonly inside?: InsideViewer
  /** Dreams; without it, there are none. */
  readonly inspect?: Pick<Inspector, 'dream'>
}

/** @throws HttpProblem 503 where there is none */
const viewerOf = ({ inside }: InsideContext): InsideViewer => inside ?? looksIntoNothing()

const fileOf = ({ artifacts }: InsideContext, detector: DetectorRef): DetectorFile => ({
  file: modelFileOf(detector, artifacts),
  descriptor: detector.descriptor,
})

export interface ActivationsAsked {
  readonly detector: DetectorRef
  readonly image: ImageRef
  readonly layer?: string | undefined
  /** The detection that is meant; or its number, from 1. */
  readonly target: Target | undefined
  readonly detection?: number | undefined
  readonly minScore: number
}

/** A target may be weaker than what is asked for. */
const LEAST_SCORE = 0.05

/** @throws as `InsideViewer.ask`, and what reads the photo */
export async function activations(
  context: InsideContext,
  { detector, image, layer, target, detection, minScore }: ActivationsAsked,
  { signal, tell, keep }: Looking,
): Promise<ActivationsReply> {
  tell({ doing: 'reading the photo', done: 0, of: 1 })
  const photo = await context.images.read(image)
  const least = target ? Math.max(LEAST_SCORE, Math.min(minScore, 0.9 * target.score)) : minScore
  const options = { layer, detection, near: target, minScore: least }
  const question = { ask: 'activations', photo, options } as const
  const view: ActivationsView = await viewerOf(context).ask(fileOf(context, detector), question, signal)
  const { pictures, detections, channels, functions } = view
  return {
    ...view,
    detections: detections.map(({ label, score, box }) => ({ label, score, box: [...box] })),
    channels: channels.map(({ channel, ...numbers }) => ({ channel, ...finite(numbers) })),
    functions: functions.map(functionView),
    pictures: {
      photo: keep(pictures.photo),
      best: pictures.best && keep(pictures.best),
      worst: pictures.worst && keep(pictures.worst),
    },
  }
}

function functionView(one: ActivationsView['functions'][number]): ActivationFunctionView {
  const distribution = (of: typeof one.before) => {
    const { notFinite, histogram, mean, deviation, min, max } = of
    const { from, to, counts } = histogram
    return { notFinite, histogram: { from, to, counts: [...counts] }, ...finite({ mean, deviation, min, max }) }
  }
  return {
    ...one,
    shape: [...one.shape],
    dead: [...one.dead],
    before: distribution(one.before),
    after: distribution(one.after),
  }
}

/** JSON has no NaN. */
function finite<Name extends string>(numbers: Readonly<Record<Name, number>>): Record<Name, number | null> {
  const entries = Object.entries<number>(numbers).map(([name, value]) => [name, Number.isFinite(value) ? value : null])
  return Object.fromEntries(entries) as Record<Name, number | null>
}

export interface ChannelsAsked {
  readonly detector: DetectorRef
  readonly photos: readonly ItemRow[]
  readonly layer?: string | undefined
  readonly class?: number | undefined
  readonly minScore: number
}

const PASSES = { relevance: 'gradients of each detection', silencing: 'turning channels off' } as const

/** @throws as `surveyChannels` */
export async function channels(
  context: InsideContext,
  { detector, photos, layer, minScore, class: only }: ChannelsAsked,
  { signal, tell, keep }: Looking,
): Promise<ChannelsReply> {
  const named = new Map(photos.map(({ id, name }) => [id, name]))
  const nameOf = (id: string) => named.get(id) ?? id
  // Names are the person's, and may be the same; ids are not.
  const surveyed = photos.flatMap(({ id, image }) =>
    image ? { name: id, read: () => context.images.read(image) } : [],
  )
  const view: ChannelsView = await surveyChannels(viewerOf(context), fileOf(context, detector), surveyed, {
    layer,
    minScore,
    class: only,
    signal,
    onProgress: ({ pass, photos, of }) => tell({ doing: PASSES[pass], done: photos, of }),
  })
  return {
    ...view,
    minScore,
    layers: [...view.layers],
    failures: view.failures.map(({ name, message }) => ({ name: nameOf(name), message })),
    classes: view.classes.map((one) => ({
      ...one,
      channels: one.channels.map(({ layer, channel, relevance, silenced }) => ({
        layer,
        channel,
        ...finite({ relevance }),
        silenced: silenced
          ? {
              lostShare: silenced.lostShare,
              ...finite({ score: silenced.score, silencedScore: silenced.silencedScore }),
            }
          : null,
      })),
    })),
    cards: view.cards.map(({ layer, channel, filter, patches }) => ({
      layer,
      channel,
      filter: filter && { layer: filter.layer, filter: filter.filter, picture: keep(filter.png) },
      patches: patches.map(({ photo, value, webp }) => ({
        item: photo,
        name: nameOf(photo),
        ...finite({ value }),
        picture: keep(webp),
      })),
    })),
  }
}

export interface DreamAsked {
  readonly detector: DetectorRef
  readonly aim: DreamAim
  readonly steps: number
  readonly seed: number
}

/** Pictures of the way, its ends among them. */
const PICTURES = 9

/** @throws as `Inspector.dream` */
export async function dream(
  { inspect, artifacts }: InsideContext,
  { detector, ...asked }: DreamAsked,
  { signal, tell, keep }: Looking,
): Promise<DreamReply> {
  const file = modelFileOf(detector, artifacts)
  const request = { ...asked, descriptor: detector.descriptor, pictures: PICTURES }
  const steps: DreamReply['steps'] = []
  for await (const { step, value, score, png } of (inspect ?? looksIntoNothing()).dream(file, request)) {
    signal.throwIfAborted()
    steps.push({ step, ...finite({ value }), score, picture: png && keep(png) })
    tell({ doing: 'climbing', done: step, of: asked.steps })
  }
  return { seed: asked.seed, steps }
}

const PAGES_SCANNED = 20

/** The first photos of a job that can be read, each once. */
export async function photosOf({ store, project }: InsideContext, job: string, most: number): Promise<ItemRow[]> {
  const found = new Map<string, ItemRow>()
  let after: string | undefined
  for (let page = 0; page < PAGES_SCANNED && found.size < most; page++) {
    const { rows, next } = await store.listItems(project, job, { after, limit: 100 })
    for (const row of rows) if (row.image && !found.has(row.image.sha256)) found.set(row.image.sha256, row)
    after = next
    if (next === undefined) break
  }
  return [...found.values()].slice(0, most)
}

/** @throws HttpProblem 404 when no explanation of the item has it */
export async function targetOf(
  { store, project }: InsideContext,
  { job, item, target }: { job: string; item: string; target: string },
): Promise<Target> {
  for (const { result } of await store.listExplanations(project, job, item)) {
    const found = result?.attributions.find((one) => one.target.id === target)
    if (found) return found.target
  }
  const remedy = `GET /v1/jobs/${job}/items/${item}/explanations lists those there are`
  throw new HttpProblem(404, `The photo has no target ${target}: ${remedy}`)
}
