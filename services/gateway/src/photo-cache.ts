import type { Box, ImageRef } from '@fanlight/contracts'
import type { OverlayInput } from '@fanlight/image'
import type { ImageSource } from '@fanlight/ports'
import { LRUCache } from 'lru-cache'

export interface Render {
  /**
   * @param bytes a photo as it was found: hostile
   * @param side the longest side of the result, pixels
   * @returns JPEG, PNG or WebP made from the decoded pixels, upright
   */
  thumbnail(bytes: Uint8Array, side: number): Promise<Uint8Array>
  /**
   * @param asked.photo hostile too
   * @returns the photo with each map over it, as PNG
   */
  overlays?(asked: OverlaysAsked): Promise<{ readonly overlays: readonly { readonly png: Uint8Array }[] }>
}

export interface OverlaysAsked {
  readonly photo: Uint8Array
  readonly boxes: readonly Box[]
  readonly overlays: readonly Pick<
    OverlayInput,
    'map' | 'box' | 'label' | 'colours' | 'instead' | 'halfWidths' | 'caution'
  >[]
}

export interface Photo {
  readonly type: string
  readonly bytes: Uint8Array
}

/** Photos by hash and side; one that several ask for is made once. */
export function photoCache({ images, render }: { images: ImageSource; render: Render }) {
  const cache = new LRUCache<string, Photo, { image: ImageRef; side: number }>({
    maxSize: 64 * 1024 * 1024,
    sizeCalculation: ({ bytes }) => bytes.byteLength + 1,
    fetchMethod: async (_key, _stale, { context: { image, side } }) => {
      const bytes = await render.thumbnail(await images.read(image), side)
      return { type: typeOf(bytes), bytes }
    },
  })
  return {
    /** @throws InputError `IMAGE_*`, `INPUT_NOT_FOUND` */
    async get(image: ImageRef, side: number): Promise<Photo> {
      return cache.forceFetch(`${image.sha256}-${side}`, { context: { image, side } })
    },
  }
}

/** @throws TypeError for what this process has not drawn itself */
export function typeOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (start.startsWith('\x89PNG')) return 'image/png'
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp'
  throw new TypeError('a rendered picture is neither JPEG nor PNG nor WebP')
}
