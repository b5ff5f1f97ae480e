export { type ObjectUri, objectUri, parseObjectUri } from './object-uri.ts'
export {
  type ReferencedObject,
  type ReferenceObjectsOptions,
  referenceObject,
  referenceObjects,
} from './reference-objects.ts'
export { type S3Images, type S3ImagesOptions, s3Images } from './s3-images.ts'
