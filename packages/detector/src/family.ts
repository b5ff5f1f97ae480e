import type { Descriptor } from '@fanlight/contracts'
import type { ModelSignature } from '@fanlight/onnx'

/** One output of a forward. */
export interface OutputTensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly data: Float32Array
}

/** In the order of the file's graph. */
export type Outputs = readonly OutputTensor[]

/**
 * The raw predictions of one forward, before any suppression. They read the outputs where they lie and compute what
 * is asked, nothing else: of thousands of predictions only a few can matter to a target.
 * Valid until the next forward.
 */
export interface Predictions {
  readonly count: number
  readonly classCount: number
  /** Each class of a prediction makes a detection of its own, not only the best. @default false */
  readonly everyClass?: boolean
  /** Objectness of a prediction, 0..1; undefined for families without one, whose best class probability stands in. */
  readonly objectness: ((index: number) => number) | undefined
  /** Class probability, 0..1, without objectness. */
  probability(index: number, classIndex: number): number
  /** Writes x1, y1, x2, y2 in pixels of the network's input. */
  box(index: number, into: Float64Array): void
  /** Classes exclude each other, as after a softmax: together their probabilities are 1. @default false */
  readonly exclusiveClasses?: boolean
  readonly backward: Backward
  /** Absent where the outputs hold none. */
  readonly distances?: Distances | undefined
}

/** Distances from a prediction's cell to the sides of its box, each as a distribution over 0, 1 … bins − 1 strides. */
export interface Distances {
  readonly bins: number
  /** Before the softmax. @param side left, top, right, bottom */
  logit(index: number, side: number, bin: number): number
  /** Adds weight · ∂logit/∂output. */
  backward(place: { index: number; side: number; bin: number }, weight: number, into: Cotangents): void
  /** Centre of the cell and its stride, in pixels of the network's input. */
  cell(index: number): { readonly x: number; readonly y: number; readonly stride: number }
}

/** One array an output, in the order of the file's graph, of that output's length: dL/d(output). */
export type Cotangents = readonly Float32Array[]

/** How parts of a prediction follow from the raw outputs: each adds weight · ∂part/∂output to `into`. */
export interface Backward {
  /** Absent for families without one, as in Predictions. */
  readonly objectness: ((index: number, weight: number, into: Cotangents) => void) | undefined
  probability(index: number, classIndex: number, weight: number, into: Cotangents): void
  /** @param weights of x1, y1, x2, y2 */
  box(index: number, weights: ArrayLike<number>, into: Cotangents): void
}

/** Factors of the loss terms that a family is trained with, for one prediction. */
export interface LossGains {
  readonly box: number
  readonly obj: number
  readonly cls: number
  /** Of heads with distances only. */
  readonly dfl?: number
}

/** What a family says of a file; the registry adds its own name and version. */
export type Recognised = Omit<Descriptor, 'family' | 'familyVersion'>

export type Decoder = (outputs: Outputs) => Predictions

/** A layout of outputs: how to recognise it in a file, and how to read it. */
export interface Family {
  /** Part of a detector's id: changes whenever the same outputs would be read otherwise. */
  readonly version: number
  /** In Ultralytics' words: a file whose metadata names another is not of this family. @default 'detect' */
  readonly task?: 'classify'
  /** Input and outputs as a person would write them: shown when no family fits a file. */
  readonly expects: string
  /** The official ones; each 1 where the trainer's loss is of another kind. @default 1 each */
  readonly lossGains?: LossGains
  /**
   * From shapes and metadata alone, never from a file's name.
   * @param forced the person named this family: what only tells it from others need not hold
   * @returns undefined when the file is of another family
   * @throws InputError `MODEL_INVALID`, `MODEL_UNSUPPORTED` when it is of this family and cannot be used
   */
  recognise(signature: ModelSignature, forced: boolean): Recognised | undefined
  /**
   * Called once a session. The decoder may give the same object again with other values.
   * @throws InputError `MODEL_OUTPUT_INVALID` when outputs have another shape than was recognised
   */
  decoder(descriptor: Descriptor): Decoder
}
