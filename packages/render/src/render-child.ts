// Entry of a supervised child: photos are hostile, and drawing takes long enough to stop whatever shares its thread.

import type { Box } from '@fanlight/contracts'
import {
  type DecodeLimits,
  decodeImage,
  type OverlayInput,
  renderBoxes,
  renderOverlay,
  renderThumbnail,
} from '@fanlight/image'
import { serveRequests } from '@fanlight/supervise/child'

export type OverlayRequest = Pick<
  OverlayInput,
  'map' | 'box' | 'label' | 'colours' | 'instead' | 'halfWidths' | 'caution'
>

export type RenderRequest =
  | { readonly draw: 'thumbnail'; readonly photo: Uint8Array; readonly side: number; readonly limits: DecodeLimits }
  | {
      readonly draw: 'overlays'
      readonly photo: Uint8Array
      readonly boxes: readonly Box[]
      readonly overlays: readonly OverlayRequest[]
      readonly limits: DecodeLimits
    }

export type RenderReply =
  | { readonly draw: 'thumbnail'; readonly picture: Uint8Array }
  | {
      readonly draw: 'overlays'
      /** WebP: the photo with its numbered boxes. */
      readonly boxes: Uint8Array
      /** PNG in full size, WebP for the report, in the order asked. */
      readonly overlays: readonly { readonly png: Uint8Array; readonly small: Uint8Array }[]
    }

const REPORT_SIDE = 560

serveRequests<RenderRequest, RenderReply>(async (request) => {
  const { draw, photo, limits } = request
  if (draw === 'thumbnail') return { draw, picture: await renderThumbnail(photo, request.side, { limits }) }
  const image = await decodeImage(photo, limits)
  const overlays: { png: Uint8Array; small: Uint8Array }[] = []
  for (const overlay of request.overlays) {
    const input = { ...overlay, photo: image }
    overlays.push({
      png: await renderOverlay(input),
      small: await renderOverlay({ ...input, maxSide: REPORT_SIDE, format: 'webp' }),
    })
  }
  return { draw, boxes: await renderBoxes(image, request.boxes, { maxSide: REPORT_SIDE }), overlays }
})
