/** What a file may ask of whoever reads it. Real detectors stay far below. */
export interface ModelLimits {
  /** Bytes of the file. */
  readonly maxBytes: number
  /** Messages within messages; a subgraph costs three levels. */
  readonly maxDepth: number
  /** Messages of any kind: each costs some hundred bytes once decoded, however short it is in the file. */
  readonly maxMessages: number
  /** Nodes, after every call of a model-local function is replaced by the function's body. */
  readonly maxNodes: number
  readonly maxTensors: number
  /** Numbers that are listed one by one rather than as raw bytes; a 64-bit integer counts four times. */
  readonly maxListedNumbers: number
}

export const defaultLimits: ModelLimits = {
  maxBytes: 512 * 2 ** 20,
  maxDepth: 64,
  maxMessages: 2_000_000,
  maxNodes: 200_000,
  maxTensors: 200_000,
  maxListedNumbers: 2 ** 26,
}
