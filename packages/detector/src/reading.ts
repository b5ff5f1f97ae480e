// What it takes to read a network's file, for those who look into it without making it a detector.

export { readModelFile } from './session/model-file.ts'
export { type ImageInput, imageInput } from './signature-reading.ts'
