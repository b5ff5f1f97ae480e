/** A coalition: one number a player, 1 when it takes part and 0 when not. */
export type Coalition = Uint8Array

/** What was seen of a game: coalitions, and what each was worth, in the same order. */
export interface Plays {
  readonly coalitions: readonly Coalition[]
  readonly values: ArrayLike<number>
}

/** The two values that every game is asked for: of nobody, and of all. */
export interface Ends {
  readonly empty: number
  readonly full: number
}

/** What each player is worth. */
export interface Worth {
  /** One a player, in the unit of the values. */
  readonly values: Float64Array
  /** Standard error of each, or NaN-free zeros where every coalition was asked. */
  readonly errors: Float64Array
}
