import type { NodeProto } from '../../generated/onnx_pb.ts'
import { type Rule, stop } from '../rule.ts'
import * as batchNorm from './batch-norm.ts'
import * as binary from './binary.ts'
import * as conv from './conv.ts'
import * as gather from './gather.ts'
import { GridSample } from './grid-sample.ts'
import * as layerNorm from './layer-norm.ts'
import * as logic from './logic.ts'
import * as matmul from './matmul.ts'
import * as pad from './pad.ts'
import * as pool from './pool.ts'
import * as reduce from './reduce.ts'
import { Resize } from './resize.ts'
import * as shape from './shape.ts'
import * as softmax from './softmax.ts'
import * as space from './space.ts'
import * as unary from './unary.ts'

/** By operator, in ONNX's spelling. A family is a file; what it exports is registered here. */
export const rules: Readonly<Record<string, Rule>> = {
  ...unary,
  ...binary,
  ...conv,
  ...pool,
  Resize,
  ...shape,
  ...matmul,
  ...batchNorm,
  ...layerNorm,
  ...softmax,
  ...reduce,
  ...gather,
  GridSample,
  ...pad,
  ...space,
  ...logic,
}

/** Operators through which no gradient flows. */
export const stops: ReadonlySet<string> = new Set(Object.keys(rules).filter((name) => rules[name] === stop))

/** Whether the node is one of ONNX's own operators that has a rule. */
export function isRule({ domain, opType }: NodeProto): boolean {
  return (domain === '' || domain === 'ai.onnx') && Object.hasOwn(rules, opType)
}
