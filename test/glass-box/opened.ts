import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { sha256 } from '@fanlight/contracts'
import { describeModel, sessionModel } from '@fanlight/detector'
import { encodePng } from '@fanlight/image'
import type { Evidence } from './evidence.ts'
import { GlassBox } from './glass-box.ts'
import { type Board, boardPhoto, glassBoxNetwork } from './network.ts'

const opened = new Map<readonly Evidence[], Promise<GlassBox>>()
const closing: (() => Promise<void>)[] = []
// Of the file, not of the test that happens to be the first to open it.
after(async () => {
  for (const close of closing) await close()
})

/** The glass box as an ONNX file and a PNG file, which child processes open as any other; until the tests have ended. */
export function openedGlassBox(board: Board, objects: readonly Evidence[]): Promise<GlassBox> {
  const box = opened.get(objects) ?? open(board, objects)
  opened.set(objects, box)
  return box
}

async function open(board: Board, objects: readonly Evidence[]): Promise<GlassBox> {
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-glass-box-'))
  const [network, uri] = [join(folder, 'glass-box.onnx'), join(folder, 'board.png')]
  const bytes = await encodePng(boardPhoto(board))
  await writeFile(network, glassBoxNetwork(board, objects))
  await writeFile(uri, bytes)
  const image = { sha256: sha256(bytes), uri, bytes: bytes.byteLength }
  const detector = await describeModel(network)
  const model = sessionModel({ images: { read: ({ uri }) => readFile(uri) }, workers: 1 })
  closing.push(async () => {
    await model[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })
  return new GlassBox(board, objects, async (question) => {
    const { answer } = await model.answer({ detector, image, question }, new AbortController().signal)
    return answer
  })
}
