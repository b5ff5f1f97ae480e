export { type Inspector, type InspectorOptions, type ModelFile, startInspector } from './inspector.ts'
export { modelFileOf } from './model-file.ts'
export type { KernelPicture, NetworkInspection } from './wire.ts'
