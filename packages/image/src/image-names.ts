import { extname } from 'node:path/posix'

const IMAGE_EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.avif', '.tif', '.tiff', '.bmp', '.gif'])

/** Whether a file in a folder is taken for an image: by its name, so that no other needs to be opened. */
export function isImageName(name: string): boolean {
  return IMAGE_EXTENSIONS.has(extname(name).toLowerCase())
}
