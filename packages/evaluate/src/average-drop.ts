/** Levels of a map's maximum, the middles of eight equal steps. */
const LEVELS = 8
const levels = Array.from({ length: LEVELS }, (_, i) => (i + 0.5) / LEVELS)

/** How many prefixes `levelPrefixes` gives of a map with positive evidence. */
export const LEVEL_PREFIXES = LEVELS

/**
 * How many of the strongest cells reach each level of the largest: the map's level sets, as prefixes of its ranking.
 * @returns nothing for a map without positive evidence
 */
export function levelPrefixes(values: ArrayLike<number>): readonly number[] {
  const all = Array.from(values)
  const most = all.reduce((max, value) => Math.max(max, value), 0)
  if (!(most > 0)) return []
  return levels.map((level) => all.filter((value) => value >= level * most).length)
}

/**
 * Average drop (Chattopadhyay et al., Grad-CAM++, WACV 2018): how much of the score is lost when the photo is seen
 * through its map. The paper dims the photo by the map; here the map's level sets are shown one by one, of which the
 * dimmed photo is the mean, since a detector is asked about pieces that are there or not.
 * @param shown value ÷ v(full) of each level set
 * @returns 0..1, less is better; null for a map without positive evidence
 */
export const averageDrop = (shown: readonly number[]): number | null =>
  meanOf(shown.map((value) => Math.max(0, 1 - value)))

/**
 * Average increase (the same paper): the share of level sets that score higher than the photo.
 * @returns 0..1, more is better; null for a map without positive evidence
 */
export const averageIncrease = (shown: readonly number[]): number | null => meanOf(shown.map((value) => +(value > 1)))

const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
