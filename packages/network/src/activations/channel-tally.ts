/** A channel of a layer: the layer by its place in a list, the channel from 0. */
export interface ChannelOf {
  readonly layer: number
  readonly channel: number
}

/** What silencing a channel did to the detections of a class. */
export interface Silenced {
  readonly detections: number
  /** Mean score with the channel, and without. */
  readonly score: number
  readonly silencedScore: number
  /** Share of the detections whose score fell below `minScore`. */
  readonly lostShare: number
}

/** A channel and what it says of a class, on the mean over that class's detections. */
export interface ChannelRelevance extends ChannelOf {
  readonly relevance: number
}

/**
 * Sums are whole multiples of this, which doubles add up without rounding (to 2²³ in all): they do not depend on the
 * order of photos, and those of several runs may be added.
 */
const UNIT = 2 ** -30

const whole = (value: number) => (Number.isFinite(value) ? Math.round(value / UNIT) : 0)

interface ClassSums {
  detections: number
  /** By layer, a number a channel, in units. */
  readonly relevance: readonly Float64Array[]
}

/** What channels said of the classes, over the detections of any number of photos. */
export class ChannelTally {
  readonly #classes = new Map<number, ClassSums>()

  /** @param relevance by layer, a number a channel */
  add(classIndex: number, relevance: readonly Float64Array[]): void {
    const sums = this.#classes.get(classIndex) ?? {
      detections: 0,
      relevance: relevance.map(({ length }) => new Float64Array(length)),
    }
    this.#classes.set(classIndex, sums)
    sums.detections++
    for (const [layer, values] of relevance.entries()) {
      const into = sums.relevance[layer]!
      for (const [channel, value] of values.entries()) into[channel]! += whole(value)
    }
  }

  /** Those with detections: the most frequent first, then by number. */
  get classes(): readonly { readonly class: number; readonly detections: number }[] {
    const all = [...this.#classes].map(([classIndex, { detections }]) => ({ class: classIndex, detections }))
    return all.sort((a, b) => b.detections - a.detections || a.class - b.class)
  }

  /** Channels by their mean relevance for a class, the largest first; of equals the earlier. */
  ranked(classIndex: number): readonly ChannelRelevance[] {
    const sums = this.#classes.get(classIndex)
    if (!sums) return []
    const all = sums.relevance.flatMap((values, layer) =>
      Array.from(values, (value, channel) => ({ layer, channel, relevance: (value * UNIT) / sums.detections })),
    )
    return all.sort((a, b) => b.relevance - a.relevance)
  }
}

/** The same for silencing. */
export class SilenceTally {
  readonly #rows = new Map<string, { detections: number; score: number; silenced: number; lost: number }>()
  readonly #minScore: number

  constructor(minScore: number) {
    this.#minScore = minScore
  }

  add(classIndex: number, channel: ChannelOf, { score, silenced }: { score: number; silenced: number }): void {
    const key = keyOf(classIndex, channel)
    const row = this.#rows.get(key) ?? { detections: 0, score: 0, silenced: 0, lost: 0 }
    this.#rows.set(key, row)
    row.detections++
    row.score += whole(score)
    row.silenced += whole(silenced)
    if (silenced < this.#minScore) row.lost++
  }

  /** Undefined where it was not tried. */
  of(classIndex: number, channel: ChannelOf): Silenced | undefined {
    const row = this.#rows.get(keyOf(classIndex, channel))
    if (!row) return undefined
    const { detections, score, silenced, lost } = row
    return {
      detections,
      score: (score * UNIT) / detections,
      silencedScore: (silenced * UNIT) / detections,
      lostShare: lost / detections,
    }
  }
}

const keyOf = (classIndex: number, { layer, channel }: ChannelOf) => `${classIndex}/${layer}/${channel}`
