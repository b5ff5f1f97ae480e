import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  type Box,
  type DetectAnswer,
  decodeFloat32,
  type Question,
  type ScoreQuestion,
  type ShardAnswer,
} from '@fanlight/contracts'
import { decodeImage } from '@fanlight/image'
import { decodeModel, signatureOf } from '@fanlight/onnx'
import { decoderOf, lossGainsOf, recogniseDetector } from '../src/recognise.ts'
import { answerQuestions, type LoadedDetector } from '../src/session/answer.ts'
import { openMaskedNetwork } from '../src/session/masked-network.ts'
import { type PreparedImage, prepareImage } from '../src/session/prepared-images.ts'
import { RandomisedNetworks } from '../src/session/randomised-networks.ts'
import { TappedNetworks } from '../src/session/tapped-networks.ts'

const folder = new URL('../../../../shared/fixtures/', import.meta.url)

export const fixturesAbsent = existsSync(folder) ? false : 'the shared fixtures are absent'
export const modelPath = (name: string): string => fileURLToPath(new URL(`models/${name}.onnx`, folder))
export const photoPath = (file: string): string => fileURLToPath(new URL(`photos/${file}`, folder))

export interface TrueObject {
  readonly label: string
  readonly box: Box
}

export interface TruePhoto {
  readonly file: string
  readonly width: number
  readonly height: number
  readonly objects: readonly TrueObject[]
  readonly crowds: boolean
}

/** The photos of COCO's val2017: no detector of the fixtures was trained on them. */
export function valPhotos(): readonly TruePhoto[] {
  const { images } = JSON.parse(readFileSync(new URL('photos/ground_truth.json', folder), 'utf8'))
  return images
    .filter(({ coco }: { coco?: string }) => coco?.includes('/val2017/'))
    .map((image: TruePhoto & { ignore?: readonly unknown[] }) => ({ ...image, crowds: Boolean(image.ignore?.length) }))
}

/** In this process, for files that are to be trusted. */
export async function loadDetector(path: string): Promise<LoadedDetector> {
  const model = decodeModel(await readFile(path))
  const descriptor = recogniseDetector(signatureOf(model))
  const input = { name: descriptor.inputName, width: descriptor.width, height: descriptor.height }
  return {
    network: await openMaskedNetwork(model, input),
    tapped: new TappedNetworks(model, input, 'cpu'),
    randomised: new RandomisedNetworks(model, input, 'cpu'),
    batch: 1,
    decode: decoderOf(descriptor),
    descriptor,
    lossGains: lossGainsOf(descriptor),
  }
}

export async function answerQuestion(
  detector: LoadedDetector,
  image: PreparedImage,
  question: Question,
): Promise<ShardAnswer> {
  const [answered] = await answerQuestions(detector, [{ image, question }])
  if (!answered?.ok) throw answered?.error
  return answered.answer
}

export async function detectIn(detector: LoadedDetector, photo: Uint8Array, minScore = 0.3): Promise<DetectAnswer> {
  const image = prepareImage(await decodeImage(photo), detector.descriptor)
  const answer = await answerQuestion(detector, image, { kind: 'detect', minScore, maxDetections: 1000 })
  if (answer.kind !== 'detect') throw new Error(`answered a ${answer.kind}`)
  return answer
}

/** float32 [objectives][targets][coalitions]. */
export async function scoresIn(
  detector: LoadedDetector,
  photo: Uint8Array,
  question: ScoreQuestion,
): Promise<Float32Array> {
  const image = prepareImage(await decodeImage(photo), detector.descriptor)
  const answer = await answerQuestion(detector, image, question)
  if (answer.kind !== 'score') throw new Error(`answered a ${answer.kind}`)
  return decodeFloat32(answer.values)
}

/** Plain and slow. */
export function iou(a: Box, b: Box): number {
  const side = (axis: 0 | 1) => Math.max(0, Math.min(a[axis + 2]!, b[axis + 2]!) - Math.max(a[axis]!, b[axis]!))
  const area = ([x1, y1, x2, y2]: Box) => (x2 - x1) * (y2 - y1)
  const both = side(0) * side(1)
  return both / (area(a) + area(b) - both)
}
