import type {
  DetectorRef,
  ExplanationResult,
  Failure,
  JobState,
  JobSummary,
  Lane,
  Measured,
  NewItem,
  Outcome,
  Sha256,
  ShardPlan,
  ShardRef,
} from '@fanlight/contracts'
import type { DeadLetter, DeadLetterRow, NewDeadLetter, Replay } from './store-letters.ts'
import type {
  AggregateRow,
  AskedQuestion,
  ClaimedItem,
  CountedTarget,
  ExplanationHistory,
  ExplanationState,
  ItemExplanation,
  ItemRow,
  JobKey,
  NewExplanation,
  NewJob,
  OutboxMessage,
  Page,
  Paging,
  Sends,
  SourceProgress,
} from './store-records.ts'

/**
 * The queue of record. Each method is one transaction: it happened, or it did not. All are safe to repeat with the
 * same arguments. Clauses S1… of docs/spec/store.md; every driver passes `testStore`.
 * Any method may throw TransientError `STORE_UNAVAILABLE` or `DISK_FULL`.
 */
export interface Store extends AsyncDisposable {
  // ── jobs ────────────────────────────────────────────────────────────────────────────────────────────────────
  /**
   * Stores the job in state `running`, unless there is one of that id: that one takes over the `uri` of its detector,
   * which may have moved. Registers its detector as `putDetector` does: the shards name it by its id. Leaves a
   * `sources.ready` when the stored job has a source that is not sealed.
   */
  createJob(job: NewJob): Promise<Sends>
  /**
   * Adds the items that are not there yet (by id) and leaves an `items.ready` when any of them can be claimed. Those
   * that are there take over the place of their image, which may have moved.
   * @param options.cursor where the listing of the job's source goes on after these items; kept with them or not at all
   */
  addItems(project: string, job: string, items: readonly NewItem[], options?: { cursor?: string }): Promise<Sends>
  /** No more items will come; a job whose items have all ended is then done. */
  sealJob(project: string, job: string): Promise<Sends>
  /**
   * `pause`: nothing of it is claimed, its open items wait again. `resume`: they are claimed on from the answers that
   * they have, and its source is listed on. `cancel`: its items that have not ended are cancelled, for good. A job
   * that is done stays done.
   * @returns the state it has now; undefined when there is no such job
   */
  changeJob(
    project: string,
    job: string,
    change: 'pause' | 'resume' | 'cancel',
  ): Promise<{ state: JobState | undefined } & Sends>
  /**
   * Cancels up to `limit` jobs that run or are paused and whose deadline has passed, longest past first, as
   * `changeJob` does. Leaves a `jobs.changed` for each.
   */
  cancelOverdue(limit: number): Promise<{ jobs: readonly JobKey[] } & Sends>
  getJob(project: string, job: string): Promise<JobSummary | undefined>
  /** Newest first. */
  listJobs(project: string, paging: Paging): Promise<Page<JobSummary>>
  /** By name. */
  listItems(project: string, job: string, paging: Paging): Promise<Page<ItemRow>>
  getItem(project: string, job: string, item: string): Promise<ItemRow | undefined>
  /** The explanations of an item, in the job's order of methods. */
  listExplanations(project: string, job: string, item: string): Promise<readonly ItemExplanation[]>

  // ── sources ─────────────────────────────────────────────────────────────────────────────────────────────────
  /** Undefined when there is no such job, or it has no source. */
  readSource(project: string, job: string): Promise<SourceProgress | undefined>
  /**
   * Running jobs whose source is not sealed and whose listing left no cursor for `idleMs`, longest first: whoever
   * listed it died, or never heard of it. Each counts as touched now; the caller rings `sources.ready`.
   */
  unfinishedSources(idleMs: number, limit: number): Promise<readonly JobKey[]>

  // ── detectors ───────────────────────────────────────────────────────────────────────────────────────────────
  /** Registers the detector under its id, or takes over the name and uri of one that is there. Jobs keep their own copy. */
  putDetector(project: string, detector: DetectorRef): Promise<void>
  getDetector(project: string, id: string): Promise<DetectorRef | undefined>
  /** By name. */
  listDetectors(project: string, paging: Paging): Promise<Page<DetectorRef>>

  // ── derived models ──────────────────────────────────────────────────────────────────────────────────────────
  /** The artifact that holds a model made of a detector's; undefined when none was put, or it was garbage. */
  getDerivedModel(key: string): Promise<Sha256 | undefined>
  /**
   * Says which artifact holds the model that the key stands for. The last one holds: whoever puts another one found
   * the one before of no use.
   * @param key hash of all that it was made of, whatever the project
   */
  putDerivedModel(key: string, artifact: Sha256): Promise<void>

  // ── leases and claims ───────────────────────────────────────────────────────────────────────────────────────
  /** Says that this owner lives until now + ttl. */
  renewLease(owner: string, ttlMs: number): Promise<void>
  /**
   * Takes up to `limit` waiting items of running jobs for the owner: `live` before `bulk`, then fairly over jobs
   * (fewest open first), then in order of arrival. Items are then `open`. The owner must hold a lease.
   * @param options.lane only of this one
   */
  claimItems(owner: string, limit: number, options?: { lane?: Lane | undefined }): Promise<readonly ClaimedItem[]>
  /**
   * How many items of running jobs of the lane wait or are open, counted no further than `atMost`: cheap however
   * many there are. For whoever refuses work that would wait too long.
   */
  waitingItems(project: string, lane: Lane, atMost: number): Promise<number>
  /**
   * The items that are open in the owner's name, in order of arrival: what it holds, whether or not it heard so when
   * it claimed them.
   */
  heldItems(owner: string): Promise<readonly ClaimedItem[]>
  /**
   * Every open item whose owner's lease has run out waits again; with `everyone`, every open item of any owner
   * (only who holds the data folder alone may say so).
   * @returns how many
   */
  releaseExpired(options?: { everyone?: boolean }): Promise<{ items: number } & Sends>

  // ── explanations ────────────────────────────────────────────────────────────────────────────────────────────
  /**
   * Stores the explanation as `open` unless it is there, links the item to it, ends the item if all its explanations
   * have ended. An open one takes over `image` and `spec`, which may have moved; a failed one is opened anew for an
   * item that was not linked to it yet, unless its failure `isLasting`.
   */
  openExplanation(claim: ClaimedItem, explanation: NewExplanation): Promise<{ state: ExplanationState } & Sends>
  readExplanation(project: string, explanation: string): Promise<ExplanationHistory | undefined>
  /**
   * Stores the question and its plan once: when the ordinal is taken, the stored plan holds and the given one is
   * forgotten. Leaves the messages of all shards that have no answer.
   * @throws InputError `TRANSCRIPT_MISMATCH` when the ordinal holds a question with another hash
   */
  askQuestion(asked: AskedQuestion): Promise<{ plan: ShardPlan } & Sends>
  /**
   * Records an attempt before the work starts.
   * A shard that is not what the store has at its place (another question, or cut otherwise) is unknown to it, here
   * and below.
   * @returns `work` with the count, this one included, and what earlier attempts said; or `skip` when the shard is
   *   answered, or nobody wants its explanation any more
   */
  startShard(ref: ShardRef): Promise<{ do: 'work'; attempt: number; failures: readonly Failure[] } | { do: 'skip' }>
  /** Keeps what an attempt said, for the dead letter and for the next attempt's decision. */
  recordAttemptFailure(ref: ShardRef, failure: Failure): Promise<void>
  /**
   * Takes back the attempt that `startShard` recorded and that was given up for an orderly stop: else many stops in
   * one shard would look like as many silent deaths. Never below the failures recorded; nothing for an answered shard.
   * Call it once an attempt: each call takes one back.
   */
  abandonShard(ref: ShardRef): Promise<void>
  /**
   * The first stored answer wins. Locks the question's row; when this was its last missing answer, or the question
   * is already complete, or the outcome is a failure, leaves an `explanations.ready`: a duplicate re-triggers
   * completion, never insertion. An answer to an explanation that has ended, or was never asked, is forgotten.
   */
  storeAnswer(ref: ShardRef, outcome: Outcome, measured: Measured): Promise<{ complete: boolean } & Sends>
  /**
   * Ends an open explanation once (a second end changes nothing), drops its questions and answers, ends the items
   * whose explanations have all ended (also those that had failed with it before it was opened anew) and jobs whose
   * items have, and leaves an `attributions.made` for each item.
   */
  endExplanation(
    project: string,
    explanation: string,
    end: { ok: true; result: ExplanationResult } | { ok: false; failure: Failure; transcript?: string },
  ): Promise<Sends>
  /** The result of an explanation that ended well, with what made it. */
  getResult(project: string, explanation: string): Promise<(NewExplanation & { result: ExplanationResult }) | undefined>
  /** An ended item that shares no more than the given explanation failed: it and the explanation are open again. Used by `--retry`. */
  reopenFailed(project: string, job: string): Promise<{ items: number } & Sends>

  // ── aggregates ──────────────────────────────────────────────────────────────────────────────────────────────
  /** Inserts each target's row unless it is there; only an inserted row moves the aggregates, in the same transaction. */
  countTargets(
    project: string,
    job: string,
    item: string,
    explanation: string,
    targets: readonly CountedTarget[],
  ): Promise<void>
  /**
   * Items' explanations that ended well at least `olderThanMs` ago and were never passed to `countTargets`: their
   * `attributions.made` was lost on the way. (An explanation without targets is counted with an empty list.)
   */
  uncounted(
    olderThanMs: number,
    limit: number,
  ): Promise<readonly { project: string; job: string; item: string; explanation: string }[]>
  /** By method, then key. */
  listAggregates(project: string, job: string): Promise<readonly AggregateRow[]>
  /** How many target rows are counted. */
  countedTargets(project: string, job: string): Promise<number>

  // ── dead letters ────────────────────────────────────────────────────────────────────────────────────────────
  /** Files the letter unless one of that id is there; with what the attempts of its shard said, if it asks for one. */
  recordDeadLetter(letter: NewDeadLetter): Promise<void>
  /** Newest first. @param filter.project null for those without one; all of them when absent */
  listDeadLetters(paging: Paging, filter?: { project?: string | null }): Promise<Page<DeadLetterRow>>
  getDeadLetter(id: string): Promise<DeadLetter | undefined>
  /**
   * What is to be done to have the letter's work done after all. A question shard failed its explanation: while that
   * is failed, it is opened anew without what it was asked (the shard's attempts with it), the failed items that
   * want it wait again, in every job that is not cancelled, and jobs that were done run. Counts as a replay unless
   * there is nothing to do.
   * @throws InputError `NOT_FOUND`
   */
  replayDeadLetter(id: string): Promise<Replay>

  // ── outbox and sweeper ──────────────────────────────────────────────────────────────────────────────────────
  markSent(ids: readonly string[]): Promise<void>
  /** Messages written at least `olderThanMs` ago and not marked, oldest first. */
  unsent(olderThanMs: number, limit: number): Promise<readonly OutboxMessage[]>
  /**
   * Open explanations that somebody wants and that have seen no question, attempt or answer for `idleMs`: their
   * work was lost on the way. Each counts as touched now.
   */
  stalled(idleMs: number, limit: number): Promise<readonly { project: string; explanation: string }[]>

  // ── retention ───────────────────────────────────────────────────────────────────────────────────────────────
  /** Artifacts that some row refers to. */
  referencedArtifacts(): Promise<ReadonlySet<string>>
  /**
   * Removes ended jobs older than that, with explanations that no other job's item shares, and dead letters and derived
   * models older than that.
   */
  collectGarbage(olderThanMs: number): Promise<{ jobs: number; explanations: number; deadLetters: number }>
  /** Removes the job's items, their counted rows (aggregates shrink), and explanations that no other item shares. */
  forgetJob(project: string, job: string): Promise<{ items: number; explanations: number }>
  /** The same for every item of one image, in every job of the project. */
  forgetImage(project: string, image: string): Promise<{ items: number; explanations: number }>
}
