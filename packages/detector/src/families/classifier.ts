import type { Descriptor } from '@fanlight/contracts'
import type { ModelSignature } from '@fanlight/onnx'
import type { Decoder, Family, Predictions, Recognised } from '../family.ts'
import { findOutput, firstOutput } from '../outputs.ts'
import { imageInput, numberedNames, outputShapes, statedNames } from '../signature-reading.ts'
import { softmax } from '../softmax.ts'
import { IMAGENET, stretchedPreprocess, UNIT } from '../stretched-preprocess.ts'
import { ultralyticsMetadata } from '../ultralytics-metadata.ts'

// Image classifiers: ResNet, MobileNet, ViT and the like, and Ultralytics' exports of task "classify".
//
//   one output [1, classes] or [1, classes, 1, 1]
//   classifier: probabilities, where a Softmax or a Sigmoid ends the graph; taken as they are
//   classifier-logits: otherwise; class probability = softmax over the classes; ∂pᵢ/∂logitⱼ = pᵢ (δᵢⱼ − pⱼ)
//
// There is one prediction: the whole input, of every class with its probability, without objectness. So the target is
// "this class, over the whole image", an IoU is always 1, and every class is a detection that one can ask about. Two
// families, since a descriptor has to say which: the graph is not at hand where outputs are read.
//
// Input: RGB, mean and standard deviation of ImageNet (torchvision's presets), unless the metadata says otherwise;
// x / 255 for Ultralytics (ultralytics/data/augment.py, DEFAULT_MEAN and DEFAULT_STD). The photo is stretched to the
// input, as a map must cover all of it; evaluation code crops the centre instead (224 of 256 pixels of the shorter side),
// so probabilities differ a little from published ones.

/** What may follow the classes in a shape. */
const FLAT = ['', '1,1']

export const classifier: Family = {
  version: 1,
  task: 'classify',
  expects: 'one output [1, classes] or [1, classes, 1, 1], of a Softmax or a Sigmoid',

  recognise(signature, forced) {
    const [output] = signature.outputs
    return forced || signature.probabilities.includes(output?.name ?? '') ? recognise(signature, 1) : undefined
  },

  decoder: (descriptor) => decoder(descriptor, direct),
}

export const classifierLogits: Family = {
  version: 1,
  task: 'classify',
  expects: 'one output [1, classes] or [1, classes, 1, 1], of at least two classes before the softmax',

  // The softmax of one class is always 1.
  recognise: (signature) => recognise(signature, 2),
  decoder: (descriptor) => decoder(descriptor, softmaxed),
}

function recognise(signature: ModelSignature, minClassCount: number): Recognised | undefined {
  const input = imageInput(signature)
  const [shape, another] = outputShapes(signature)
  const [batch, classCount, ...rest] = shape ?? []
  if (!input || another !== undefined || signature.outputs.length !== 1 || batch !== 1) return undefined
  if (classCount === undefined || classCount < minClassCount || !FLAT.includes(String(rest))) return undefined
  return {
    inputName: input.name,
    width: input.width,
    height: input.height,
    preprocess: stretchedPreprocess(signature, ultralyticsMetadata(signature) ? UNIT : IMAGENET),
    classNames: statedNames(signature, classCount) ?? numberedNames(classCount),
    strides: [],
    anchors: [],
    nmsIou: 1,
  }
}

/** What lies between the output and the probabilities of the classes. */
interface Head {
  probabilities(data: Float32Array): Float32Array
  /** Adds weight · ∂(probability of the class)/∂output. */
  backward(classIndex: number, weight: number, at: { probabilities: Float32Array; cotangent: Float32Array }): void
}

const direct: Head = {
  probabilities: (data) => data,
  backward(classIndex, weight, { cotangent }) {
    cotangent[classIndex]! += weight
  },
}

const softmaxed: Head = {
  probabilities: (data) => new Float32Array(softmax(data)),
  backward(classIndex, weight, { probabilities, cotangent }) {
    const scale = weight * probabilities[classIndex]!
    for (const [other, probability] of probabilities.entries()) {
      cotangent[other]! += scale * ((other === classIndex ? 1 : 0) - probability)
    }
  },
}

function decoder({ width, height, classNames }: Descriptor, head: Head): Decoder {
  const classCount = classNames.length
  let values: Float32Array = new Float32Array()
  const predictions: Predictions = {
    count: 1,
    classCount,
    everyClass: true,
    objectness: undefined,
    probability: (_, classIndex) => values[classIndex]!,
    box: (_, into) => into.set([0, 0, width, height]),
    exclusiveClasses: true,
    backward: {
      objectness: undefined,
      probability: (_, classIndex, weight, into) =>
        head.backward(classIndex, weight, { probabilities: values, cotangent: into[0]! }),
      // The whole input, whatever the network gives.
      box: () => {},
    },
  }
  return (outputs) => {
    const { data } = findOutput(outputs, [1, classCount, 1, 1]) ?? firstOutput(outputs, [1, classCount])
    values = head.probabilities(data)
    return predictions
  }
}
