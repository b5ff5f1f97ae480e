import type { DetectorRef, ImageRef, Measured, Question, ShardAnswer } from '@fanlight/contracts'

export interface ModelWork {
  readonly detector: DetectorRef
  readonly image: ImageRef
  /** A shard's slice of a question. */
  readonly question: Question
}

export interface ModelAnswer {
  readonly answer: ShardAnswer
  readonly executionClass: string
  readonly measured: Measured
}

/** Answers question shards; the only thing that runs a network. */
export interface Model extends AsyncDisposable {
  /** Shards that run at once; work beyond that waits its turn. */
  readonly concurrency: number

  /** Whether a shard of this detector (by id) could be worked on without another detector losing its place. */
  hasPlaceFor(detector: string): boolean

  /**
   * The same work gives the same answer within one execution class. A crash, a hang or an overdraft of memory
   * costs this call only.
   * @throws InputError when the image or the detector is at fault (`IMAGE_*`, `MODEL_*`)
   * @throws TransientError `WORKER_CRASHED`, `WORKER_TIMEOUT`, `WORKER_MEMORY`
   */
  answer(work: ModelWork, signal: AbortSignal): Promise<ModelAnswer>
}
