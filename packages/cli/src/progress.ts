import type { JobSummary } from '@fanlight/contracts'
import { type Options, SingleBar } from 'cli-progress'
import type { Terminal } from './terminal.ts'

/** What a job has done and what is left, as far as one can tell. */
export interface Progress {
  readonly photosEnded: number
  readonly photos: number
  readonly targets: number
  readonly answered: number
  /** An estimate until every photo is open: one without detections costs a forward or two. */
  readonly forwards: number
  /** Over the last seconds; undefined until there is something to go by. */
  readonly perSecond: number | undefined
  readonly leftMs: number | undefined
}

const WINDOW_MS = 15_000

/** Turns the summaries of a job, as they come, into progress. */
export class ProgressMeter {
  readonly #forwardsPerPhoto: number
  readonly #samples: { readonly atMs: number; readonly answered: number }[] = []

  /** @param forwardsPerPhoto what the methods ask for a photo with detections */
  constructor(forwardsPerPhoto: number) {
    this.#forwardsPerPhoto = forwardsPerPhoto
  }

  /** @param nowMs any clock that goes forward */
  measure({ items, targets, openForwards, endedForwards }: JobSummary, nowMs: number): Progress {
    const photosEnded = items.done + items.failed + items.cancelled
    const answered = endedForwards + openForwards.answered
    const each = photosEnded >= 3 ? endedForwards / photosEnded : this.#forwardsPerPhoto
    const open = Math.max(openForwards.asked, items.open * each)
    const forwards = Math.max(answered, Math.round(endedForwards + open + items.waiting * each))
    this.#samples.push({ atMs: nowMs, answered })
    while (this.#samples.length > 2 && this.#samples[1]!.atMs < nowMs - WINDOW_MS) this.#samples.shift()
    const [first] = this.#samples
    const elapsedMs = nowMs - first!.atMs
    const perSecond = elapsedMs > 0 ? (1000 * (answered - first!.answered)) / elapsedMs : undefined
    const leftMs = perSecond ? (1000 * (forwards - answered)) / perSecond : undefined
    return {
      photosEnded,
      photos: photosEnded + items.open + items.waiting,
      targets,
      answered,
      forwards,
      perSecond,
      leftMs,
    }
  }
}

/** 3/10 photos · 7 targets · 1,234/9,000 questions answered · 87 masks/s · 1:23 left */
export function progressLine({
  photosEnded,
  photos,
  targets,
  answered,
  forwards,
  perSecond,
  leftMs,
}: Progress): string {
  const parts = [
    `${photosEnded}/${photos} photos`,
    `${targets} targets`,
    `${grouped(answered)}/${grouped(forwards)} questions answered`,
  ]
  if (perSecond !== undefined) parts.push(`${perSecond < 10 ? perSecond.toFixed(1) : grouped(perSecond)} masks/s`)
  if (leftMs !== undefined) parts.push(`${duration(leftMs)} left`)
  return parts.join(' · ')
}

export const grouped = (count: number) => Math.round(count).toLocaleString('en-US')

/** 0:07, 12:30, 3:05:00 */
export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const pad = (value: number) => String(value).padStart(2, '0')
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`
}

export interface ProgressView {
  show(line: string, share: number): void
  end(): void
}

const QUIET_MS = 15_000

/** A bar that is redrawn on a terminal; elsewhere a line now and then. */
export function progressView(terminal: Terminal, now: () => number = () => performance.now()): ProgressView {
  if (!terminal.isLive) {
    let lastAt = now()
    return {
      show(line) {
        if (now() - lastAt < QUIET_MS) return
        lastAt = now()
        terminal.say(line)
      },
      end() {},
    }
  }
  const format: NonNullable<Options['format']> = (options, { progress }, { line }) => {
    const size = options.barsize ?? 20
    const full = Math.round(progress * size)
    return `${'█'.repeat(full)}${'░'.repeat(size - full)} ${line}`
  }
  const bar = new SingleBar({
    stream: terminal.err,
    format,
    barsize: 20,
    hideCursor: true,
    clearOnComplete: true,
    fps: 5,
    gracefulExit: false,
  })
  bar.start(1, 0, { line: '' })
  return { show: (line, share) => bar.update(share, { line }), end: () => bar.stop() }
}
