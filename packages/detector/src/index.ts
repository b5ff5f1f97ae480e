export { COCO_NAMES } from './coco-names.ts'
export { type FamilyName, families, familyNames } from './families/index.ts'
export type { Decoder, Family, Outputs, OutputTensor, Predictions } from './family.ts'
export { tinyFaceModelBytes } from './models/tiny-face.ts'
export { decoderOf, type RecogniseOptions, recogniseDetector } from './recognise.ts'
export { type NetworkTarget, type Scorer, type ScoringTask, scorer } from './scoring.ts'
export {
  type DescribeOptions,
  describeModel,
  type Inspection,
  type InspectOptions,
  inspectModel,
} from './session/inspect.ts'
export { type SessionModelOptions, sessionModel } from './session/model.ts'
