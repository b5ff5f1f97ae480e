export { BoundedMean, type Interval, roundsOf, sequenceFactor } from './confidence-sequence.ts'
export type { Coalition, Ends, Plays, Worth } from './game.ts'
