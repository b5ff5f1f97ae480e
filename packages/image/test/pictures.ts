import sharp, { type Color } from 'sharp'

/** A picture whose every pixel is told apart: red grows to the right, green downwards. Up to 85 × 85. */
export function gradient(width: number, height: number) {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([x * 3, y * 3, 128], (y * width + x) * 3)
  }
  return { width, height, data }
}

/** As a sharp pipeline, to be written in any format. */
export function picture(width = 64, height = 48) {
  const { data } = gradient(width, height)
  return sharp(data, { raw: { width, height, channels: 3 } })
}

export function plain(width: number, height: number, background: Color) {
  return sharp({ create: { width, height, channels: 4, background } })
}

/** The largest difference of any channel of any pixel. */
export function difference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let worst = 0
  for (const [i, value] of a.entries()) worst = Math.max(worst, Math.abs(value - b[i]!))
  return worst
}
