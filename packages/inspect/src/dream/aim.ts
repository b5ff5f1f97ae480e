import type { Box } from '@fanlight/contracts'

/** What a dream is to raise. Classes are numbers in the detector's own order. */
export type DreamAim =
  /** The predictions that are surest of a class, wherever they are. */
  | { readonly kind: 'class'; readonly class: number }
  /** The one prediction whose box on grey overlaps a box most: a place and a scale. @property box in pixels of the input */
  | { readonly kind: 'detection'; readonly class: number; readonly box: Box }
  /** The mean activation of a channel. @property layer its name, or that of a value */
  | { readonly kind: 'channel'; readonly layer: string; readonly channel: number }

/** How far a picture raises what is aimed at. */
export interface Height {
  /**
   * Of a class: the mean over its surest predictions of their log-odds, ln p/(1 − p), added for class and objectness;
   * of a detection: that of its prediction; of a channel: its mean activation.
   */
  readonly value: number
  /** Of the surest of these predictions, as a detector gives it: class probability × objectness; null for a channel. */
  readonly score: number | null
}
