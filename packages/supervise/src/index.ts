export { superviseChild } from './forked-child.ts'
export type { RequestOptions, SupervisedChild, SuperviseOptions } from './supervised-child.ts'
export { WorkerError } from './worker-error.ts'
