/** Whether the interval value ± halfWidth includes 0: such cells are striped, whatever their colour. */
export const includesZero = (value: number, halfWidth: number): boolean => !(halfWidth < Math.abs(value))

/** Pixels of a stripe and of the gap beside it together, along a row. */
const PERIOD = 10

/** Whether a pixel belongs to a stripe, which leaves out the map's colours: told apart without colour. */
export const inStripe = (x: number, y: number): boolean => (x + y) % PERIOD < PERIOD / 2
