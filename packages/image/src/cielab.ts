/** sRGB's primaries in CIE XYZ, each row over D65's white: IEC 61966-2-1. */
const XYZ = [
  [0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339 / 1.08883, 0.119192 / 1.08883, 0.9503041 / 1.08883],
] as const

/**
 * sRGB as CIELAB (CIE 1976) under D65: distances are about as large as they look.
 * @param rgb triples of 0..255
 * @returns triples of L* (0..100), a* and b*
 */
export function toLab(rgb: ArrayLike<number>): Float64Array {
  const lab = new Float64Array(rgb.length)
  for (let at = 0; at < rgb.length; at += 3) {
    const [red, green, blue] = [linear(rgb[at]! / 255), linear(rgb[at + 1]! / 255), linear(rgb[at + 2]! / 255)]
    const [x, y, z] = XYZ.map(([r, g, b]) => lightness(r * red + g * green + b * blue)) as [number, number, number]
    lab[at] = 116 * y - 16
    lab[at + 1] = 500 * (x - y)
    lab[at + 2] = 200 * (y - z)
  }
  return lab
}

const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)

const lightness = (value: number) => (value > (6 / 29) ** 3 ? Math.cbrt(value) : value / (3 * (6 / 29) ** 2) + 4 / 29)
