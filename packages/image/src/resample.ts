import type { HeatMap } from './contours.ts'

/** Linear between the centres of cells, constant outside the outermost: float32 [height, width]. */
export function resampleLinear(map: HeatMap, width: number, height: number): Float32Array {
  const columns = linearTaps(map.width, width)
  const rows = linearTaps(map.height, height)
  const values = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const top = rows.first[y]! * map.width
    const bottom = rows.second[y]! * map.width
    const down = rows.weight[y]!
    for (let x = 0; x < width; x++) {
      const [left, right, across] = [columns.first[x]!, columns.second[x]!, columns.weight[x]!]
      const upper = map.data[top + left]! * (1 - across) + map.data[top + right]! * across
      const lower = map.data[bottom + left]! * (1 - across) + map.data[bottom + right]! * across
      values[y * width + x] = upper * (1 - down) + lower * down
    }
  }
  return values
}

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
