export { superviseChild } from './forked-child.ts'
export type { RequestOptions, SupervisedChild, SuperviseOptions } from './supervised-child.ts'
export { unpackError, type WireError } from './wire.ts'
export { WorkerError } from './worker-error.ts'
