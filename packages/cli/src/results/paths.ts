import type { Target } from '@fanlight/contracts'

/** Relative to the results folder, forward slashes. The target's id tells apart what the readable part does not. */
export const mapPath = (photo: string, target: Target, method: string) => `maps/${stem(photo, target, method)}.npy`

export const intervalPath = (photo: string, target: Target, method: string) =>
  `maps/${stem(photo, target, method)}.interval.npy`

export const overlayPath = (photo: string, target: Target, method: string) =>
  `overlays/${stem(photo, target, method)}.png`

function stem(photo: string, target: Target, method: string): string {
  const name = photo.replace(/^.*\//, '').replace(/\.[^.]*$/, '')
  return [plain(name, 48), plain(target.label, 24), target.id.slice(0, 12), method].join('.')
}

/** Names and labels are anybody's: only what every file system and shell takes is kept. */
function plain(text: string, length: number): string {
  return text
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, length)
    .replace(/^$/, '_')
}
