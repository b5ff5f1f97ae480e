/** Cells a side of the first level; each further level has twice as many. */
const FIRST_SIDE = 4
/** Levels of the search. */
export const LEVELS = 4
/** Cells a side of the last level. */
export const FINEST_SIDE = FIRST_SIDE << (LEVELS - 1)

/** A square cell that is hidden from the photo, or all that is kept of it. */
export interface Probe {
  readonly mode: 'hide' | 'keep'
  /** Less than `LEVELS`; row and column count the cells of this level. */
  readonly level: number
  readonly row: number
  readonly col: number
}

const parentOf = ({ mode, level, row, col }: Probe): Probe => ({ mode, level: level - 1, row: row >> 1, col: col >> 1 })

const childrenOf = ({ mode, level, row, col }: Probe): Probe[] =>
  [0, 1, 2, 3].map((i) => ({ mode, level: level + 1, row: 2 * row + (i >> 1), col: 2 * col + (i & 1) }))

const keyOf = ({ mode, level, row, col }: Probe): string => `${mode} ${level} ${row} ${col}`

/** Every cell of the first level, hidden and kept. */
export const firstProbes: readonly Probe[] = (['hide', 'keep'] as const).flatMap((mode) =>
  Array.from({ length: FIRST_SIDE ** 2 }, (_, i) => ({
    mode,
    level: 0,
    row: Math.floor(i / FIRST_SIDE),
    col: i % FIRST_SIDE,
  })),
)

/** What one target has been told: the gain of each probe that was made for it. */
export class Findings {
  readonly #gains = new Map<string, number>()
  readonly #told: Probe[] = []
  readonly #noise: number

  /** @param noise a gain below it, either way, is none */
  constructor(noise: number) {
    this.#noise = noise
  }

  tell(probe: Probe, gain: number): void {
    this.#gains.set(keyOf(probe), gain)
    this.#told.push(probe)
  }

  /** Undefined where no such probe was made. */
  told(probe: Probe): number | undefined {
    return this.#gains.get(keyOf(probe))
  }

  /** How much a quarter gains on average of what the cell gains that it is of: a quarter of it, where none was tried. */
  quarterShare(mode: Probe['mode'], level: number): number {
    const quarters = this.#told.filter((probe) => probe.mode === mode && probe.level === level)
    const sizes = (probes: readonly Probe[]) => probes.reduce((sum, probe) => sum + Math.abs(this.told(probe)!), 0)
    return quarters.length === 0 ? 1 / 4 : Math.min(1, sizes(quarters) / sizes(quarters.map(parentOf)))
  }

  /** The gain of a probe, or where none was made of the smallest cell around it that was probed alike; 0 without any. */
  #nearest(probe: Probe): number {
    return this.told(probe) ?? (probe.level === 0 ? 0 : this.#nearest(parentOf(probe)))
  }

  matters(probe: Probe): boolean {
    return Math.abs(this.#nearest(probe)) > this.#noise
  }

  /** Of the probes that matter at a level, the `beam` greatest, the greatest first. */
  greatest(level: number, beam: number): Probe[] {
    const size = (probe: Probe) => Math.abs(this.#nearest(probe))
    return this.#told
      .filter((probe) => probe.level === level && this.matters(probe))
      .toSorted((a, b) => size(b) - size(a))
      .slice(0, beam)
  }
}

/** One forward: cells that are hidden, or kept, at once, since no target minds two of them. */
export interface Shared {
  readonly mode: Probe['mode']
  readonly probes: readonly Probe[]
  /** Which target is told the gain of which probe. */
  readonly tells: readonly { readonly target: number; readonly probe: Probe }[]
}

/**
 * The next level's probes: quarters of the cells that gained most, of each target's own, so that what a target is told
 * does not depend on the others while there is room for all. Where there is not, each target's greatest come first.
 * @param findings one a target
 * @param level of the cells that are quartered
 * @param room forwards at most
 */
export function nextForwards(findings: readonly Findings[], level: number, beam: number, room: number): Shared[] {
  const forwards: { mode: Probe['mode']; probes: Probe[]; tells: Shared['tells'][number][]; minded: Set<number> }[] = []
  for (const { probe: parent, targets } of wishes(findings, level, beam)) {
    const minding = findings.flatMap((found, target) => (found.matters(parent) ? [target] : []))
    // Quarters are minded by the same targets: each takes a forward of its own.
    const free = forwards.filter(({ mode, minded }) => mode === parent.mode && !minding.some((t) => minded.has(t)))
    const quarters = childrenOf(parent)
    if (forwards.length + quarters.length - Math.min(quarters.length, free.length) > room) continue
    quarters.forEach((probe, i) => {
      const forward = free[i] ?? { mode: probe.mode, probes: [], tells: [], minded: new Set<number>() }
      if (!free[i]) forwards.push(forward)
      forward.probes.push(probe)
      forward.tells.push(...targets.map((target) => ({ target, probe })))
      for (const target of minding) forward.minded.add(target)
    })
  }
  return forwards
}

/** What targets want quartered, each once: by rank, then by target. */
function wishes(findings: readonly Findings[], level: number, beam: number) {
  const lists = findings.map((found) => found.greatest(level, beam))
  const wished = new Map<string, { probe: Probe; targets: number[] }>()
  for (let rank = 0; rank < beam; rank++) {
    lists.forEach((list, target) => {
      const probe = list[rank]
      if (!probe) return
      const wish = wished.get(keyOf(probe)) ?? { probe, targets: [] }
      wish.targets.push(target)
      wished.set(keyOf(probe), wish)
    })
  }
  return [...wished.values()]
}

/** Which cells of the last level a forward keeps, row-major. */
export function keptBy({ mode, probes }: Pick<Shared, 'mode' | 'probes'>): Uint8Array {
  const inside = mode === 'keep' ? 1 : 0
  const kept = new Uint8Array(FINEST_SIDE ** 2).fill(1 - inside)
  for (const { level, row, col } of probes) {
    const side = FINEST_SIDE / (FIRST_SIDE << level)
    for (let y = row * side; y < (row + 1) * side; y++)
      kept.fill(inside, y * FINEST_SIDE + col * side, y * FINEST_SIDE + (col + 1) * side)
  }
  return kept
}

/**
 * What each cell of the last level gained, in units of the gain: the mean over levels, each scaled to the greatest gain
 * of all levels as AISE scales its windows, since small cells gain little however much they matter.
 * @returns float64, row-major
 */
export function gainsOf(found: Findings): Float64Array {
  const [hidden, kept] = (['hide', 'keep'] as const).map((mode) => gainsByLevel(found, mode))
  const levels = hidden!.map((gains, level) => gains.map((gain, i) => (gain + kept![level]![i]!) / 2))
  const greatest = levels.map((gains) => gains.reduce((most, gain) => Math.max(most, Math.abs(gain)), 0))
  const scale = Math.max(...greatest) / LEVELS
  return Float64Array.from({ length: FINEST_SIDE ** 2 }, (_, i) => {
    const [row, col] = [Math.floor(i / FINEST_SIDE), i % FINEST_SIDE]
    return levels.reduce((sum, gains, level) => {
      const shift = LEVELS - 1 - level
      const gain = gains[(row >> shift) * (FIRST_SIDE << level) + (col >> shift)]!
      return greatest[level]! > 0 ? sum + (scale * gain) / greatest[level]! : sum
    }, 0)
  })
}

/** Of all cells of each level; one that was not tried counts as the average quarter of the one around it. */
function gainsByLevel(found: Findings, mode: Probe['mode']): Float64Array[] {
  const levels: Float64Array[] = []
  for (let level = 0; level < LEVELS; level++) {
    const side = FIRST_SIDE << level
    const share = level === 0 ? 0 : found.quarterShare(mode, level)
    const gains = Float64Array.from({ length: side ** 2 }, (_, i) => {
      const probe = { mode, level, row: Math.floor(i / side), col: i % side }
      const around = level === 0 ? 0 : levels[level - 1]![(probe.row >> 1) * (side / 2) + (probe.col >> 1)]!
      return found.told(probe) ?? share * around
    })
    levels.push(gains)
  }
  return levels
}
