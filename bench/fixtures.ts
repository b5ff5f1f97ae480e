import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../shared/fixtures', import.meta.url))

/** @returns paths of the first photos by name that the benchmarks use */
export function fixturePhotos(count: number): string[] {
  const photos = join(existing(), 'photos')
  const names = readdirSync(photos).filter((name) => name.endsWith('.jpg'))
  return names.slice(0, count).map((name) => join(photos, name))
}

export const fixtureModel = (name: string): string => join(existing(), 'models', `${name}.onnx`)

function existing(): string {
  if (existsSync(folder)) return folder
  console.error('the fixtures (../shared/fixtures beside the checkout) are absent: this benchmark needs them')
  process.exit(2)
}
