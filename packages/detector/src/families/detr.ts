import type { ModelSignature } from '@fanlight/onnx'
import { COCO_CATEGORY_NAMES } from '../coco-names.ts'
import type { Family, Recognised } from '../family.ts'
import { classNames, imageInput, outputShapes, soleShape, statedNames } from '../signature-reading.ts'
import { IMAGENET, type Normalisation, stretchedPreprocess, UNIT } from '../stretched-preprocess.ts'
import { ultralyticsMetadata } from '../ultralytics-metadata.ts'
import { BOX, BOXES, joinedDecoder, LOGITS, pairDecoder, placesOf, softmaxed, squashed } from './detr-decoders.ts'

// Detection transformers: a fixed number of queries, each of which may stand for an object. Nothing is suppressed.
//
//   boxes [1, queries, 4]: cx, cy, w, h as shares of the input's sides
//   detr (Carion et al. 2020, arXiv:2005.12872; YOLOS, arXiv:2106.00666):
//     logits [1, queries, classes + 1]; class probability = softmax over all, the last of which is "no object"
//   rt-detr (RT-DETR, arXiv:2304.08069; D-FINE, DEIM, RF-DETR, Deformable DETR):
//     logits [1, queries, classes]; class probability = σ
//     or Ultralytics' RT-DETR: one output [1, queries, 4 + classes]: the box, then probabilities
//   ∂σ(x)/∂x = σ(x) σ(−x)    ∂pᵢ/∂logitⱼ = pᵢ (δᵢⱼ − pⱼ)
//
// Shapes do not tell a softmax from a sigmoid. DETR and YOLOS have 100 queries and nearly all others 300 or more, so
// 100 is taken for a softmax, unless the names are RF-DETR's. Two sorts of slots of RF-DETR are no class: what COCO
// left out, and the last of networks trained on other classes; they were trained to stay silent, and are numbered.
//
// Input: RGB, stretched. Mean and deviation of ImageNet for DETR and RF-DETR (whose outputs are `dets` and `labels`),
// x / 255 for the others, or what the metadata says.

/** Of an end-to-end row of Ultralytics, which looks the same with two classes. */
const ROW = 6
const SOFTMAX_QUERIES = 100

export const detr: Family = {
  version: 1,
  expects: 'outputs logits [1, 100, classes + 1], the last "no object", and pred_boxes [1, 100, 4]',

  recognise(signature, forced) {
    const heads = headsOf(signature, forced)
    if (!heads || heads.slots < 2) return undefined
    const isSoftmax = forced || (heads.queries === SOFTMAX_QUERIES && !heads.isRfDetr)
    return isSoftmax ? describe(signature, heads.slots - 1, IMAGENET) : undefined
  },

  decoder: (descriptor) => pairDecoder({ descriptor, slots: descriptor.classNames.length + 1, activation: softmaxed }),
}

export const rtDetr: Family = {
  version: 1,
  expects:
    'outputs logits or labels [1, queries, classes] and pred_boxes or dets [1, queries, 4], or one output [1, queries, 4 + classes] with Ultralytics metadata',

  recognise(signature, forced) {
    const heads = headsOf(signature, forced)
    if (heads) return describe(signature, heads.slots, heads.isRfDetr ? IMAGENET : UNIT)
    const names = ultralyticsMetadata(signature)?.names
    const [, , values] = soleShape(signature, 3) ?? []
    if (!names || values !== BOX + names.length) return undefined
    const isNamed = /rt-?detr/i.test(signature.metadata.description ?? '')
    return isNamed || forced || values !== ROW ? describe(signature, names.length, UNIT) : undefined
  },

  decoder(descriptor) {
    const pair = pairDecoder({ descriptor, slots: descriptor.classNames.length, activation: squashed })
    const joined = joinedDecoder(descriptor)
    return (outputs) => (outputs.length === 1 ? joined : pair)(outputs)
  },
}

interface Heads {
  readonly queries: number
  /** Logits of a query. */
  readonly slots: number
  readonly isRfDetr: boolean
}

/** Of a forced family the names do not matter. */
function headsOf(signature: ModelSignature, forced: boolean): Heads | undefined {
  const shapes = outputShapes(signature)
  const names = signature.outputs.map(({ name }) => name)
  const places = placesOf(names, shapes)
  const [logits, boxes] = [shapes[places.logits], shapes[places.boxes]]
  if (logits?.length !== 3 || boxes?.length !== 3 || logits[0] !== 1 || boxes[0] !== 1) return undefined
  if (logits[1] !== boxes[1] || boxes[2] !== BOX) return undefined
  const [logitsName, boxesName] = [names[places.logits]!, names[places.boxes]!]
  if (!forced && !(LOGITS.includes(logitsName) && BOXES.includes(boxesName))) return undefined
  if (signature.probabilities.includes(logitsName)) return undefined
  return { queries: logits[1]!, slots: logits[2]!, isRfDetr: logitsName === 'labels' && boxesName === 'dets' }
}

function describe(signature: ModelSignature, classCount: number, usual: Normalisation): Recognised | undefined {
  const input = imageInput(signature)
  if (!input) return undefined
  const categories = classCount === COCO_CATEGORY_NAMES.length ? [...COCO_CATEGORY_NAMES] : undefined
  return {
    inputName: input.name,
    width: input.width,
    height: input.height,
    preprocess: stretchedPreprocess(signature, usual),
    classNames: statedNames(signature, classCount) ?? categories ?? classNames(signature, classCount),
    strides: [],
    anchors: [],
    nmsIou: 1,
  }
}
