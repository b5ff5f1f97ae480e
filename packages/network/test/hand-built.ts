import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { decodeModel, ElemType, encodeModel, GraphEditor, type Model, newModel, tensor } from '@fanlight/onnx'

/** A network of 8 × 8 images, made by hand and read as a file is. */
export function handBuilt(build: (editor: GraphEditor) => void, channels = 3): Model {
  const editor = new GraphEditor(newModel({ name: 'by hand', producer: 'test', opset: 17, metadata: { made: 'here' } }))
  editor.addInput('images', ElemType.FLOAT, [1, channels, 8, 8])
  build(editor)
  return decodeModel(encodeModel(editor.model))
}

export const held = (editor: GraphEditor, name: string, dims: readonly number[], values: readonly number[]): string =>
  editor.addInitializer(tensor(name, dims, Float32Array.from(values)))

/** Numbers of no special relation, the same every time. */
export const scattered = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1)) * (1 + (i % 7)))

const folder = new URL('../../../../shared/fixtures/models/', import.meta.url)
export const fixturesAbsent = existsSync(folder) ? false : '../shared/fixtures absent'

export const fixture = (file: string): Model => decodeModel(readFileSync(fileURLToPath(new URL(file, folder))))
