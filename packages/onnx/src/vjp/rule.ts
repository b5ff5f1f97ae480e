import type { Attribute } from '../attribute.ts'
import type { NodeProto, TensorProto } from '../generated/onnx_pb.ts'
import type { Dim } from '../graph.ts'

/** What a rule sees of the node that it differentiates, and how it writes the adjoint's nodes. */
export interface Site {
  readonly opType: string
  /** Of ONNX's own operator set, as the model imports it: at least 17. */
  readonly opset: number
  /** Names of values; '' for an optional one that is left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Adjoint of each output; undefined where nothing that is asked for depends on it. */
  readonly cotangents: readonly (string | undefined)[]
  /** Negative gradients are stopped at rectifiers (guided back-propagation). */
  readonly guided: boolean
  /** Whether the adjoint of this input is needed. */
  wants(input: number): boolean
  /**
   * Sizes; a name where a size follows the batch. @throws InputError `MODEL_UNSUPPORTED` when the shape is not known
   */
  shapeOf(value: string): readonly Dim[]
  /** The node that makes a value, or a cotangent; undefined for inputs and what the file holds. */
  producer(value: string): NodeProto | undefined
  /** What the file holds under that name; undefined for what is computed. */
  constant(value: string): TensorProto | undefined
  int(attribute: string, otherwise: number): number
  ints(attribute: string, otherwise: readonly number[]): readonly number[]
  /** Undefined when the node has no such attribute. */
  maybeInts(attribute: string): readonly number[] | undefined
  float(attribute: string, otherwise: number): number
  text(attribute: string, otherwise: string): string
  /** Adds a node of a standard operator. @returns its output */
  op(opType: string, ...inputs: readonly string[]): string
  /** The same with attributes, and perhaps with several outputs. */
  node(
    opType: string,
    options: {
      readonly inputs: readonly string[]
      readonly attributes?: Readonly<Record<string, Attribute>>
      readonly outputs?: number
    },
  ): readonly [string, ...string[]]
  /** The same operator and attributes as the node itself, on other inputs. @returns its output */
  again(inputs: readonly string[], options?: { readonly without?: readonly string[] }): string
  /** A constant of float32, of shape []. */
  scalar(value: number): string
  /** A constant of float32. */
  floats(values: Float32Array, dims: readonly number[]): string
  /** A constant of int64, of shape [n]. */
  integers(...values: readonly number[]): string
  /** The value in the shape of `like`, which has as many elements. */
  reshaped(value: string, like: string): string
  /**
   * The adjoint of broadcasting `like` to the shape of `full`: sums `value`, which has the shape of `full`, over what
   * was repeated.
   */
  sumTo(value: string, full: string, like: string): string
  /** For what the rule cannot differentiate. @returns an InputError `MODEL_UNSUPPORTED` that names the node */
  unsupported(what: string, remedy: string): Error
}

/** The adjoint of a node: for each input, the value that holds its adjoint; undefined where none flows. */
export type Rule = (site: Site) => readonly (string | undefined)[]

/** A node whose outputs do not change, or not smoothly, with its inputs: no gradient flows through it. */
export const stop: Rule = () => []
