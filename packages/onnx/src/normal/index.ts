import type { Model } from '../codec.ts'
import { GraphEditor } from '../graph.ts'
import { freeBatch } from './batch.ts'
import { inlineBranches } from './branches.ts'
import { liftConstants } from './constants.ts'
import { pruneDead } from './dead.ts'
import { unifyDomain } from './domain.ts'
import { widenFloat16 } from './float16.ts'
import { foldSizes } from './fold.ts'
import { cutNms } from './nms.ts'
import { sortNodes } from './order.ts'
import { dropPassThrough } from './pass-through.ts'
import { refuseForeign } from './refusals.ts'
import { refuseHuge } from './sizes.ts'
import { upgrade } from './upgrade.ts'
import { tidyResize } from './upgrade-resize.ts'

export interface NormalOptions {
  /**
   * Whether an input for one image may take any number of them. Not every network bears it: compare the outputs of one
   * image with those of two. @default true
   */
  readonly freeBatch?: boolean
  /** Numbers in any one tensor that the file declares without holding it. @default 2 ** 28, a gigabyte of float32 */
  readonly maxElements?: number
}

/**
 * The same network in the one form that differentiation knows: opset 17 or later, in float32, its nodes in order, no
 * subgraphs, no Constant, Dropout or (but for outputs) Identity nodes, nothing that no output depends on,
 * no initializers among the inputs, the batch free where it was 1, and cut before NonMaxSuppression. Values and nodes
 * keep their names, but those of the nodes that went.
 * @throws InputError `MODEL_INVALID` for a graph that is none; `MODEL_UNSAFE` for sizes beyond `maxElements`;
 *   `MODEL_UNSUPPORTED` for what has no such form: quantised or custom operators, loops, opset < 7
 */
export function normalised(
  model: Model,
  { freeBatch: frees = true, maxElements = 2 ** 28 }: NormalOptions = {},
): Model {
  const editor = new GraphEditor(model)
  unifyDomain(editor)
  liftConstants(editor)
  sortNodes(editor)
  foldSizes(editor)
  inlineBranches(editor)
  // What came out of branches was seen by nobody yet.
  sortNodes(editor)
  editor.sealInitializers()
  cutNms(editor)
  pruneDead(editor)
  refuseForeign(editor)
  refuseHuge(editor, maxElements)
  widenFloat16(editor)
  dropPassThrough(editor)
  upgrade(editor)
  tidyResize(editor)
  if (frees) freeBatch(editor)
  pruneDead(editor)
  // Types and shapes of what is inside are as before some of the steps; onnxruntime finds them itself.
  editor.model.graph!.valueInfo = []
  return editor.model
}
