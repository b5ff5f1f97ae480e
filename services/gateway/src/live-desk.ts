import { type DetectorRef, hashOf, type ImageRef, itemId, type JobSpec, type JobSummary } from '@fanlight/contracts'
import { type ArtifactStore, type Bus, isLasting, type Store } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import type { pace } from './pace.ts'
import type { Render } from './photo-cache.ts'
import { HttpProblem } from './problem.ts'

/** Only to have it decoded. */
const PROBE_SIDE = 320

export interface LiveDeskOptions {
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly bus: Bus
  readonly project: string
  readonly render: Render
  readonly maxWaitingLive: number
  readonly pace: ReturnType<typeof pace>
}

export interface Submission {
  readonly spec: JobSpec
  readonly image: ImageRef
  /** The image's bytes, when they came along: they are put into the artifacts. */
  readonly content: Uint8Array | undefined
  /** Of the image, for those who read lists. */
  readonly name: string
  /** From when its job is stored. */
  readonly deadlineMs: number
  readonly key: string | undefined
}

/**
 * Explanations that somebody waits for: each is a job of the lane `live` with one photo. Its id follows from the
 * idempotency key, else from what is asked, so that asking twice does not work twice.
 */
export function liveDesk({ store, artifacts, bus, project, render, maxWaitingLive, pace }: LiveDeskOptions) {
  const underWay = new Map<string, Promise<string>>()
  let admitted = 0

  async function submit(submission: Submission): Promise<string> {
    const { key } = submission
    const id = key === undefined ? await contentId(submission) : jobId('key', key)
    const known = await store.getJob(project, id)
    if (known) checkSame(known, submission)
    if (known?.sealed) return id
    await admit()
    try {
      await keep(submission)
      await create(id, submission)
    } finally {
      admitted -= 1
    }
    return id
  }

  const jobId = (...parts: (string | number)[]) => `live-${hashOf(['live', project, ...parts]).slice(0, 32)}`

  /** What was cancelled, or failed by chance, is asked for anew when it is asked for again. */
  async function contentId(submission: Submission): Promise<string> {
    const id = (turn: number) => jobId('content', contentHash(submission), turn)
    const isOver = async (turn: number) => isSpent(await store.getJob(project, id(turn)))
    // Doubling and halving: there may have been thousands of turns.
    let [over, open] = [0, 1]
    while (await isOver(open)) [over, open] = [open, open * 2]
    while (open - over > 1) {
      const middle = Math.floor((over + open) / 2)
      if (await isOver(middle)) over = middle
      else open = middle
    }
    return id(open)
  }

  async function isSpent(job: JobSummary | undefined): Promise<boolean> {
    if (job?.state === 'cancelled') return true
    if (job?.state !== 'done' || job.items.failed === 0) return false
    const { rows } = await store.listItems(project, job.id, { limit: 1 })
    return rows.some(({ failure }) => failure !== undefined && !isLasting(failure.code))
  }

  async function admit(): Promise<void> {
    // Counted here too: those that come together have not reached the store yet.
    admitted += 1
    try {
      const waiting = await store.waitingItems(project, 'live', maxWaitingLive)
      if (waiting + admitted <= maxWaitingLive) return
    } catch (error) {
      admitted -= 1
      throw error
    }
    admitted -= 1
    const headers = { 'retry-after': String(pace.untilRoom()) }
    throw new HttpProblem(429, `${maxWaitingLive} explanations are waited for already: ask again later`, { headers })
  }

  /** Decoded once, in a child process, before anything is stored: what is no image is refused while its sender listens. */
  async function keep({ image, content }: Submission): Promise<void> {
    if (!content || (await artifacts.has(image.sha256))) return
    await render.thumbnail(content, PROBE_SIDE)
    await artifacts.put(content)
  }

  async function create(id: string, submission: Submission): Promise<void> {
    const { spec, image, name, deadlineMs } = submission
    const ports = { bus, store }
    await sendOutbox(ports, await store.createJob({ project, id, name: jobName(submission), spec, deadlineMs }))
    // Two may have come with one key at a time: the one that was stored holds.
    const stored = await store.getJob(project, id)
    if (stored) checkSame(stored, submission)
    // Not by its name, under which another may have sent the same image.
    const item = { id: itemId(id, 'image', image.sha256), name: name.slice(0, 4096), image, slice: {} }
    const added = await store.addItems(project, id, [item])
    const sealed = await store.sealJob(project, id)
    await sendOutbox(ports, added)
    await sendOutbox(ports, sealed)
  }

  return {
    /**
     * Has the image explained, once for equal submissions however many come at a time.
     * @returns the id of its job
     * @throws HttpProblem 422 when the key stands for another request, 429 when too many wait
     * @throws InputError `IMAGE_*` when the bytes that came along are no image
     */
    submit(submission: Submission): Promise<string> {
      const same = JSON.stringify([submission.key ?? null, contentHash(submission)])
      const running = underWay.get(same) ?? submit(submission).finally(() => underWay.delete(same))
      underWay.set(same, running)
      return running
    },
  }
}

const contentHash = ({ spec, image }: Submission): string => hashOf([...asked(spec), image.sha256])

const asked = ({ detector, methods, policy, seed }: JobSpec) => [detector.id, methods, policy, seed]

/** Ends with what tells images apart: the store keeps it with the job, so that a key cannot come to mean two of them. */
const jobName = ({ spec, image }: Submission): string => `${nameOf(spec.detector)}${imageMark(image)}`

const imageMark = ({ sha256 }: { readonly sha256: string }): string => ` on image ${sha256.slice(0, 32)}`

const nameOf = ({ name }: DetectorRef): string => name.slice(0, 150)

function checkSame(job: JobSummary, submission: Submission): void {
  const isSame =
    hashOf(asked(job.spec)) === hashOf(asked(submission.spec)) && job.name.endsWith(imageMark(submission.image))
  if (!isSame) {
    throw new HttpProblem(422, 'This Idempotency-Key was used for another request: take a new key for each request')
  }
}
