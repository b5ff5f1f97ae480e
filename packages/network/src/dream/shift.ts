import type { Planes } from './blur.ts'

/** Each plane moved right by `dx` and down by `dy` pixels; what leaves on one side comes in on the other. */
export function shifted({ data, width, height }: Planes, dx: number, dy: number): Float32Array {
  const moved = new Float32Array(data.length)
  const right = ((dx % width) + width) % width
  const rows = data.length / width
  for (let row = 0; row < rows; row++) {
    const y = row % height
    const from = row * width
    const into = (row - y + ((((y + dy) % height) + height) % height)) * width
    moved.set(data.subarray(from, from + width - right), into + right)
    moved.set(data.subarray(from + width - right, from + width), into)
  }
  return moved
}
