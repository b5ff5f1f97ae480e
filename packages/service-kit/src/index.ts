export * from './keyed-mutex.ts'
export * from './logger.ts'
export * from './outbox.ts'
export * from './topics.ts'
