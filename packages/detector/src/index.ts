export { type FamilyName, families, familyNames } from './families/index.ts'
export type { Decoder, Family, Outputs, OutputTensor, Predictions } from './family.ts'
export { tinyFaceModelBytes } from './models/tiny-face.ts'
export { type Provider, providers } from './provider.ts'
export { type RecogniseOptions, recogniseDetector } from './recognise.ts'
export { type DerivedModels, derivedModels } from './session/derived-models.ts'
export {
  type DescribeOptions,
  describeModel,
  type Inspection,
  type InspectOptions,
  inspectModel,
} from './session/inspect.ts'
export { type SessionModelOptions, sessionModel } from './session/model.ts'
export { requireProvider } from './session/require-provider.ts'
