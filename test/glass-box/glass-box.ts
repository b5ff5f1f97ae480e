import { cutPlan, type Question, type ShardAnswer, sha256, sliceQuestion } from '@fanlight/contracts'
import {
  type Answer,
  type Attribution,
  assembleAnswer,
  type EvidenceMap,
  type ExplainContext,
  methodNamed,
  startRun,
} from '@fanlight/explain'
import type { Evidence } from './evidence.ts'
import type { Board } from './network.ts'

/** Forwards that are asked at once. */
const SHARD = 1024

/** Answers a question about the photo of a board, or a shard of it. */
export type Asker = (question: Question) => ShardAnswer | Promise<ShardAnswer>

interface Asked {
  /** Objects to explain, as a person would give them. @default what the detector sees, by falling score */
  readonly objects?: readonly number[]
  readonly seed?: number
}

export interface Explained {
  /** In the order asked. */
  readonly attributions: readonly Attribution[]
  readonly questions: readonly Question[]
  readonly answers: readonly Answer[]
}

/** A detector whose reasons are known, its photo, and the product's own way to explain it. */
export class GlassBox {
  readonly board: Board
  readonly objects: readonly Evidence[]
  readonly #asker: Asker

  constructor(board: Board, objects: readonly Evidence[], asker: Asker) {
    this.board = board
    this.objects = objects
    this.#asker = asker
  }

  get players(): number {
    return this.board.rows * this.board.cols
  }

  async ask(question: Question): Promise<Answer> {
    const plan = cutPlan(question, SHARD)
    const answers: ShardAnswer[] = []
    for (const [i, to] of plan.slice(1).entries())
      answers.push(await this.#asker(sliceQuestion(question, plan[i]!, to)))
    return assembleAnswer(question, plan, answers)
  }

  /** Runs a method of the registry by the mechanism of the product: questions, shards, answers. */
  async explain(method: string, params: unknown = {}, { objects, seed = 1 }: Asked = {}): Promise<Explained> {
    const given = objects?.map((object) => ({ box: this.boxOf(object), class: object, label: `object ${object}` }))
    const context: ExplainContext = {
      image: sha256('the photo of a board'),
      detector: sha256('a detector of glass'),
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
}
