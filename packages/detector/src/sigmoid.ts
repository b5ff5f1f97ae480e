export const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value))

/** σ(x) (1 − σ(x)), which keeps its digits where σ(x) is 1. */
export const sigmoidSlope = (value: number): number => sigmoid(value) * sigmoid(-value)
