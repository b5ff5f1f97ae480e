export type { DreamAim } from './dream/aim.ts'
export type { DreamRequest, DreamStep } from './dream/dream-steps.ts'
export type { ActivationsOptions, ActivationsView, ChannelFact } from './inside/activations.ts'
export {
  type ChannelCard,
  type ChannelsView,
  type ClassChannels,
  type SurveyOptions,
  type SurveyPhoto,
  type SurveyProgress,
  surveyChannels,
} from './inside/channel-survey.ts'
export {
  type DetectorFile,
  type InsideViewer,
  type InsideViewerOptions,
  startInsideViewer,
} from './inside/inside-viewer.ts'
export type { LayerSize } from './inside/open-detector.ts'
export { type Inspector, type InspectorOptions, type ModelFile, startInspector } from './inspector.ts'
export { modelFileOf } from './model-file.ts'
export type { KernelPicture, NetworkInspection } from './wire.ts'
