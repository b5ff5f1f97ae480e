import { type Layer, layerOf } from './canvas.ts'
import { LINE_SHARES } from './contours.ts'
import { sharp } from './vips.ts'

/** How the line of each mass level is drawn, on the photo and in the legend; told apart without colour. */
const LINE_STYLES = [
  { width: 2.5, dashes: '', opacity: 0.95 },
  { width: 1.5, dashes: '', opacity: 0.8 },
  { width: 1.25, dashes: '5 4', opacity: 0.55 },
] as const

/** @param share one of `LINE_SHARES` */
export const lineStyle = (share: number): (typeof LINE_STYLES)[number] => LINE_STYLES[LINE_SHARES.indexOf(share)]!

/** One of `LINE_STYLES`, as SVG. */
export const strokeOf = (path: string, { width, dashes, opacity }: (typeof LINE_STYLES)[number]): string =>
  `<path d="${path}" stroke="#fff" stroke-width="${width}" stroke-dasharray="${dashes}" stroke-opacity="${opacity}"/>`

/** @param body made of our own numbers only: never of text from outside */
export function drawSvg(width: number, height: number, body: string): Promise<Layer> {
  const size = `width="${width}" height="${height}"`
  return layerOf(sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${size} fill="none">${body}</svg>`)))
}
