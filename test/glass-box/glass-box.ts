import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cutPlan, type DetectorRef, type ImageRef, type Question, sha256, sliceQuestion } from '@fanlight/contracts'
import { describeModel, sessionModel } from '@fanlight/detector'
import {
  type Answer,
  type Attribution,
  assembleAnswer,
  type EvidenceMap,
  type ExplainContext,
  methodNamed,
  startRun,
} from '@fanlight/explain'
import { encodePng } from '@fanlight/image'
import type { Model } from '@fanlight/ports'
import type { Evidence } from './evidence.ts'
import { type Board, boardPhoto, glassBoxNetwork } from './network.ts'

/** Forwards that are asked of a child at once. */
const SHARD = 1024

interface Asked {
  /** Objects to explain, as a person would give them. @default what the detector sees, by falling score */
  readonly objects?: readonly number[]
  readonly seed?: number
}

/** What came of a method, object by object in the order asked. */
export interface Explained {
  readonly attributions: readonly Attribution[]
  readonly questions: readonly Question[]
  readonly answers: readonly Answer[]
}

/** A detector whose reasons are known, its photo, and the real ways to ask it. */
export class GlassBox implements AsyncDisposable {
  readonly board: Board
  readonly objects: readonly Evidence[]
  readonly #folder: string
  readonly #detector: DetectorRef
  readonly #image: ImageRef
  readonly #model: Model & AsyncDisposable

  private constructor(
    board: Board,
    objects: readonly Evidence[],
    held: { folder: string; detector: DetectorRef; image: ImageRef },
  ) {
    this.board = board
    this.objects = objects
    this.#folder = held.folder
    this.#detector = held.detector
    this.#image = held.image
    this.#model = sessionModel({ images: { read: ({ uri }) => readFile(uri) }, workers: 1 })
  }

  static async open(board: Board, objects: readonly Evidence[]): Promise<GlassBox> {
    const folder = await mkdtemp(join(tmpdir(), 'fanlight-glass-box-'))
    const [network, uri] = [join(folder, 'glass-box.onnx'), join(folder, 'board.png')]
    const bytes = await encodePng(boardPhoto(board))
    await writeFile(network, glassBoxNetwork(board, objects))
    await writeFile(uri, bytes)
    const image = { sha256: sha256(bytes), uri, bytes: bytes.byteLength }
    return new GlassBox(board, objects, { folder, detector: await describeModel(network), image })
  }

  async ask(question: Question): Promise<Answer> {
    const plan = cutPlan(question, SHARD)
    const answers = []
    for (const [i, to] of plan.slice(1).entries()) {
      const shard = sliceQuestion(question, plan[i]!, to)
      const work = { detector: this.#detector, image: this.#image, question: shard }
      answers.push((await this.#model.answer(work, new AbortController().signal)).answer)
    }
    return assembleAnswer(question, plan, answers)
  }

  /** Runs a method of the registry by the mechanism of the product: questions, shards, answers. */
  async explain(method: string, params: unknown = {}, { objects, seed = 1 }: Asked = {}): Promise<Explained> {
    const given = objects?.map((object) => ({ box: this.boxOf(object), class: object, label: `object ${object}` }))
    const context: ExplainContext = {
      image: this.#image.sha256,
      detector: this.#detector.id,
      policy: { kind: 'detections', minScore: 0.05, maxTargets: 100, objectives: ['score'], ...(given && { given }) },
      seed,
    }
    const run = startRun(methodNamed(method), context, params)
    const questions: Question[] = []
    const answers: Answer[] = []
    while (!run.current.done) {
      questions.push(run.current.question)
      answers.push(await this.ask(run.current.question))
      run.answer(answers.at(-1)!)
    }
    return { attributions: run.current.explained.attributions, questions, answers }
  }

  /** In pixels of the photo. */
  boxOf(object: number): [number, number, number, number] {
    const [x1, y1, x2, y2] = this.objects[object]!.box
    const { tile } = this.board
    return [x1 * tile, y1 * tile, x2 * tile, y2 * tile]
  }

  /** A map as one number a tile: the sum of its cells, none of which lies in two tiles. */
  tileSums({ width, height, data }: EvidenceMap): Float64Array {
    const { rows, cols } = this.board
    if (width % cols !== 0 || height % rows !== 0) throw new RangeError(`${width} × ${height} cells: no whole tiles`)
    const sums = new Float64Array(rows * cols)
    data.forEach((value, i) => {
      const [x, y] = [i % width, Math.floor(i / width)]
      sums[Math.floor((y * rows) / height) * cols + Math.floor((x * cols) / width)]! += value
    })
    return sums
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#model[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
