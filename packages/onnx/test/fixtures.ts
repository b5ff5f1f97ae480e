import { readFile } from 'node:fs/promises'
import { decodeModel, type Model } from '../src/index.ts'

/** The networks in ../shared/fixtures, with the side of the input where the file leaves it open. */
export const fixtureNames = [
  'light_person_192',
  'nanodet_m_320',
  'ultraface_rfb_320',
  'yolox_nano',
  'yolox_nano_v8layout',
] as const

export type FixtureName = (typeof fixtureNames)[number]

/** Undefined where the fixtures are absent. */
export async function fixture(name: FixtureName): Promise<Uint8Array | undefined> {
  const path = new URL(`../../../../shared/fixtures/models/${name}.onnx`, import.meta.url)
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

export async function fixtureModel(name: FixtureName): Promise<Model | undefined> {
  const bytes = await fixture(name)
  return bytes && decodeModel(bytes)
}
