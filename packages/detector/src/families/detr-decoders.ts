import type { Descriptor } from '@fanlight/contracts'
import { centredWeights } from '../centred-weights.ts'
import type { Decoder, OutputTensor, Predictions } from '../family.ts'
import { firstOutput } from '../outputs.ts'
import { sigmoid, sigmoidSlope } from '../sigmoid.ts'
import { softmax } from '../softmax.ts'

// The formulas stand in detr.ts.

/** cx, cy, w, h. */
export const BOX = 4

export const LOGITS: readonly string[] = ['logits', 'pred_logits', 'labels']
export const BOXES: readonly string[] = ['pred_boxes', 'dets']

interface Places {
  readonly logits: number
  readonly boxes: number
}

/** Where logits and boxes are: by name; of two outputs with other names, the boxes are the last that has four values. */
export function placesOf(names: readonly string[], shapes: readonly (readonly number[] | undefined)[]): Places {
  const of = (known: readonly string[]) => names.findIndex((name) => known.includes(name))
  const places = { logits: of(LOGITS), boxes: of(BOXES) }
  if (names.length !== 2 || (places.logits >= 0 && places.boxes >= 0)) return places
  const boxes = shapes.findLastIndex((shape) => shape?.[2] === BOX)
  return { logits: 1 - boxes, boxes }
}

/** What lies between a query's logits and the probabilities of its classes. */
interface Activation {
  readonly exclusiveClasses: boolean
  /** Of all queries, `slots` logits each. */
  probabilities(logits: Float32Array, slots: number): Float32Array
  /** Of one query: adds weight · ∂(probability of the class)/∂logits. */
  backward(
    of: { logits: Float32Array; probabilities: Float32Array; into: Float32Array },
    classIndex: number,
    weight: number,
  ): void
}

export const squashed: Activation = {
  exclusiveClasses: false,
  probabilities: (logits) => logits.map(sigmoid),
  backward({ logits, into }, classIndex, weight) {
    into[classIndex]! += weight * sigmoidSlope(logits[classIndex]!)
  },
}

export const softmaxed: Activation = {
  exclusiveClasses: true,
  probabilities(logits, slots) {
    const probabilities = new Float32Array(logits.length)
    for (let at = 0; at < logits.length; at += slots) probabilities.set(softmax(logits.subarray(at, at + slots)), at)
    return probabilities
  },
  backward({ probabilities, into }, classIndex, weight) {
    const scale = weight * probabilities[classIndex]!
    for (const [slot, probability] of probabilities.entries()) {
      into[slot]! += scale * ((slot === classIndex ? 1 : 0) - probability)
    }
  },
}

interface Layout {
  readonly descriptor: Descriptor
  /** Logits of a query, no object among them. */
  readonly slots: number
  readonly activation: Activation
}

/** Logits and boxes in two outputs. */
export function pairDecoder({ descriptor, slots, activation }: Layout): Decoder {
  let places: Places = { logits: 0, boxes: 1 }
  let logits: Float32Array = new Float32Array()
  let probabilities: Float32Array = new Float32Array()
  let boxes: Float32Array = new Float32Array()
  const predictions: Predictions = {
    get count() {
      return boxes.length / BOX
    },
    classCount: descriptor.classNames.length,
    objectness: undefined,
    probability: (index, classIndex) => probabilities[index * slots + classIndex]!,
    box: (index, into) => readBox(boxes, index * BOX, descriptor, into),
    exclusiveClasses: activation.exclusiveClasses,
    backward: {
      objectness: undefined,
      probability(index, classIndex, weight, into) {
        const query = (values: Float32Array) => values.subarray(index * slots, (index + 1) * slots)
        const of = { logits: query(logits), probabilities: query(probabilities), into: query(into[places.logits]!) }
        activation.backward(of, classIndex, weight)
      },
      box: (index, weights, into) => addBox(weights, into[places.boxes]!, index * BOX, descriptor),
    },
  }
  return (outputs) => {
    const names = outputs.map(({ name }) => name)
    places = placesOf(
      names,
      outputs.map(({ dims }) => dims),
    )
    const at = (place: number) => outputs.slice(Math.max(0, place), place + 1)
    const output: OutputTensor = firstOutput(at(places.logits), [1, undefined, slots])
    logits = output.data
    probabilities = activation.probabilities(logits, slots)
    boxes = firstOutput(at(places.boxes), [1, output.dims[1], BOX]).data
    return predictions
  }
}

/** Ultralytics': one row a query, with probabilities. */
export function joinedDecoder(descriptor: Descriptor): Decoder {
  const classCount = descriptor.classNames.length
  const values = BOX + classCount
  let data: Float32Array = new Float32Array()
  const predictions: Predictions = {
    get count() {
      return data.length / values
    },
    classCount,
    objectness: undefined,
    probability: (index, classIndex) => data[index * values + BOX + classIndex]!,
    box: (index, into) => readBox(data, index * values, descriptor, into),
    backward: {
      objectness: undefined,
      probability(index, classIndex, weight, into) {
        into[0]![index * values + BOX + classIndex]! += weight
      },
      box: (index, weights, into) => addBox(weights, into[0]!, index * values, descriptor),
    },
  }
  return (outputs) => {
    data = firstOutput(outputs, [1, undefined, values]).data
    return predictions
  }
}

type Sides = Pick<Descriptor, 'width' | 'height'>

function readBox(data: Float32Array, at: number, { width, height }: Sides, into: Float64Array): void {
  const [x, y] = [data[at]! * width, data[at + 1]! * height]
  const [halfWidth, halfHeight] = [(data[at + 2]! * width) / 2, (data[at + 3]! * height) / 2]
  into.set([x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight])
}

function addBox(weights: ArrayLike<number>, into: Float32Array, at: number, { width, height }: Sides): void {
  for (const [value, weight] of centredWeights(weights).entries()) {
    into[at + value]! += weight * (value % 2 === 0 ? width : height)
  }
}
