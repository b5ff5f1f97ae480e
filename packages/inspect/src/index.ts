export { type Inspector, type InspectorOptions, type ModelFile, startInspector } from './inspector.ts'
export type { KernelPicture, NetworkInspection } from './wire.ts'
