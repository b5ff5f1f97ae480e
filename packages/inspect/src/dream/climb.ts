import type { Descriptor } from '@fanlight/contracts'
import { encodePng } from '@fanlight/image'
import type { Model } from '@fanlight/onnx'
import type { DreamAim } from './aim.ts'
import { type Ascent, openAscent } from './ascent.ts'
import type { ClimbAnswer, ClimbQuestion } from './dream-steps.ts'

export interface ClimbTask {
  readonly descriptor: Descriptor
  readonly aim: DreamAim
  readonly question: ClimbQuestion
}

/** The last one: opening it takes as long as many of its steps. */
let open: { readonly key: string; readonly ascent: Ascent } | undefined

/** @throws as `openAscent` */
export async function climb(
  { sha256, model }: { readonly sha256: string; readonly model: Model },
  { descriptor, aim, question }: ClimbTask,
): Promise<ClimbAnswer> {
  const key = JSON.stringify([sha256, descriptor, aim])
  if (open?.key !== key) {
    const before = open
    open = undefined
    await before?.ascent.close()
    open = { key, ascent: await openAscent(model, descriptor, aim) }
  }
  const { picture, draw } = question
  const answer = await open.ascent.at(picture)
  return { ...answer, png: draw ? await drawn(picture, descriptor) : null }
}

function drawn(picture: Float32Array, { width, height }: Descriptor): Promise<Uint8Array> {
  const size = width * height
  const data = new Uint8Array(3 * size)
  for (let i = 0; i < size; i++) {
    for (let rgb = 0; rgb < 3; rgb++) data[3 * i + rgb] = Math.round(255 * picture[rgb * size + i]!)
  }
  return encodePng({ width, height, data })
}
