/** Evidence over the whole photo; row 0 at the top. */
export interface EvidenceMap {
  readonly height: number
  readonly width: number
  /** Row-major. */
  readonly data: Float32Array
}

/** Reads NPY 1.0 as Fanlight writes it: little-endian float32, C order, two dimensions. */
export function decodeMap(bytes: ArrayBuffer): EvidenceMap {
  const view = new DataView(bytes)
  const start = 10 + view.getUint16(8, true)
  const header = new TextDecoder('latin1').decode(new Uint8Array(bytes, 10, start - 10))
  const shape = /'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\)/.exec(header)
  if (!shape) throw new Error(`not a float32 map: ${header}`)
  const [height, width] = [Number(shape[1]), Number(shape[2])]
  return { height, width, data: new Float32Array(bytes.slice(start, start + height * width * 4)) }
}

/** Largest evidence for, or with `signed` of either sign; 0 for a map without any. */
export function largest({ data }: EvidenceMap, signed: boolean): number {
  let most = 0
  for (const value of data) most = Math.max(most, signed ? Math.abs(value) : value)
  return most
}

/** Where the largest value is. */
export function peak({ data, width }: EvidenceMap): { row: number; column: number } {
  let best = 0
  for (let i = 1; i < data.length; i += 1) if (data[i]! > data[best]!) best = i
  return { row: Math.floor(best / width), column: best % width }
}

/**
 * Bilinear value at a place given as shares of the photo's sides; cell centres hold their own values, and beyond the
 * outermost centres the border goes on.
 */
export function valueAt({ data, width, height }: EvidenceMap, x: number, y: number): number {
  const column = clamp(x * width - 0.5, 0, width - 1)
  const row = clamp(y * height - 0.5, 0, height - 1)
  const [left, top] = [Math.floor(column), Math.floor(row)]
  const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)]
  const [u, v] = [column - left, row - top]
  const upper = data[top * width + left]! * (1 - u) + data[top * width + right]! * u
  const lower = data[bottom * width + left]! * (1 - u) + data[bottom * width + right]! * u
  return upper * (1 - v) + lower * v
}

/** Means over a coarse grid, row by row: a map as a table that one can read. */
export function coarse(map: EvidenceMap, rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) =>
      meanIn(map, row / rows, column / columns, (row + 1) / rows, (column + 1) / columns),
    ),
  )
}

function meanIn(
  { data, width, height }: EvidenceMap,
  top: number,
  left: number,
  bottom: number,
  right: number,
): number {
  let [sum, count] = [0, 0]
  for (let y = Math.floor(top * height); y < Math.max(bottom * height, Math.floor(top * height) + 1); y += 1) {
    for (let x = Math.floor(left * width); x < Math.max(right * width, Math.floor(left * width) + 1); x += 1) {
      sum += data[y * width + x]!
      count += 1
    }
  }
  return sum / count
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
