/** Whether the interval value ± halfWidth includes 0: such a cell may be nothing. */
export const includesZero = (value: number, halfWidth: number): boolean => !(halfWidth < Math.abs(value))

/** Pixels of a stripe and of the gap beside it together, along a row. */
const PERIOD = 10

interface Unsure {
  readonly map: { readonly width: number; readonly height: number; readonly data: Float32Array }
  /** One a cell; absent for a map without intervals, which has no stripes. */
  readonly halfWidths?: Float32Array | undefined
}

/**
 * Which pixels of a picture, of `width` × `height`, are left without the map's colours: stripes over the cells whose
 * interval includes 0, to be told apart without colour. The interval of a pixel is that of the cell around it.
 */
export function stripesOf(
  { map, halfWidths }: Unsure,
  width: number,
  height: number,
): (x: number, y: number) => boolean {
  if (!halfWidths) return () => false
  const unsure = Uint8Array.from(halfWidths, (halfWidth, cell) => Number(includesZero(map.data[cell]!, halfWidth)))
  const columns = Int32Array.from({ length: width }, (_, x) => Math.floor((x * map.width) / width))
  const rows = Int32Array.from({ length: height }, (_, y) => Math.floor((y * map.height) / height) * map.width)
  return (x, y) => (x + y) % PERIOD < PERIOD / 2 && unsure[rows[y]! + columns[x]!] === 1
}
