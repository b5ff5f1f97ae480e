export { type ListedObject, type ListOptions, ObjectStorage, type S3Options } from './object-storage.ts'
export { type ObjectLimit, OpenObject } from './open-object.ts'
export { StorageError } from './storage-error.ts'
