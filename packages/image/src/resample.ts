import type { HeatMap } from './contours.ts'

/**
 * Linear between the centres of cells, constant outside the outermost.
 * @returns row y of the map at the given size, [width]; what it returns is valid until it is called again
 */
export function linearRows(map: HeatMap, width: number, height: number): (y: number) => Float32Array {
  const columns = linearTaps(map.width, width)
  const rows = linearTaps(map.height, height)
  const values = new Float32Array(width)
  let [upper, lower, between] = [new Float64Array(width), new Float64Array(width), -1]
  return (y) => {
    // Many rows of pixels lie between the same two rows of cells.
    if (rows.first[y]! !== between) {
      between = rows.first[y]!
      upper = widened(map, between, columns)
      lower = widened(map, rows.second[y]!, columns)
    }
    const down = rows.weight[y]!
    for (let x = 0; x < width; x++) values[x] = upper[x]! * (1 - down) + lower[x]! * down
    return values
  }
}

/** A row of cells, a value for each column of pixels. */
function widened({ width, data }: HeatMap, row: number, { first, second, weight }: Taps) {
  const values = new Float64Array(weight.length)
  for (let x = 0; x < values.length; x++) {
    const [left, right] = [data[row * width + first[x]!]!, data[row * width + second[x]!]!]
    values[x] = left * (1 - weight[x]!) + right * weight[x]!
  }
  return values
}

type Taps = ReturnType<typeof linearTaps>

/** For each of `to` pixels: the two of `from` cells whose centres it lies between, and the weight of the second. */
export function linearTaps(from: number, to: number) {
  const first = new Int32Array(to)
  const second = new Int32Array(to)
  const weight = new Float64Array(to)
  for (let i = 0; i < to; i++) {
    const at = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5))
    first[i] = Math.floor(at)
    second[i] = Math.min(from - 1, first[i]! + 1)
    weight[i] = at - first[i]!
  }
  return { first, second, weight }
}
