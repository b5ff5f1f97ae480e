import { JobState, JobSummary } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import { type Data, openData, urlOfHolder } from './composition.ts'
import type { CommandContext } from './context.ts'

export type JobChange = 'pause' | 'resume' | 'cancel'

/** Jobs as the person at the command line deals with them, wherever the data folder is open. */
export interface JobDesk {
  /** Whether a process is at work on them right now. */
  readonly isServed: boolean
  /** Newest first. */
  list(): AsyncIterable<JobSummary>
  /** @returns the state it has now */
  change(job: string, change: JobChange): Promise<JobState | undefined>
}

/**
 * The jobs of the data folder: opened here, or asked of the process that holds it and serves.
 * @throws InputError `STORE_LOCKED` when the holder does not serve
 */
export async function openJobDesk(context: CommandContext): Promise<JobDesk & AsyncDisposable> {
  try {
    const data = await openData(context)
    return { ...localJobs(data), [Symbol.asyncDispose]: () => data[Symbol.asyncDispose]() }
  } catch (error) {
    const url = urlOfHolder(error)
    if (url === undefined) throw error
    return { ...servedJobs(url), [Symbol.asyncDispose]: async () => {} }
  }
}

export function localJobs(data: Pick<Data, 'project' | 'store' | 'bus'>): JobDesk {
  const { project, store } = data
  return {
    isServed: false,
    list: () => pages(async (after) => store.listJobs(project, { limit: 100, after })),
    async change(job, change) {
      const { state, ...sends } = await store.changeJob(project, job, change)
      await sendOutbox(data, sends)
      return state
    },
  }
}

/** Asked of the process that serves at `url`. */
export function servedJobs(url: string): JobDesk {
  return {
    isServed: true,
    list: () =>
      pages(async (after) => {
        const query = new URLSearchParams({ limit: '100', ...(after !== undefined && { cursor: after }) })
        const { jobs, next } = await ask(`${url}/v1/jobs?${query}`)
        return { rows: JobSummary.array().parse(jobs), next: typeof next === 'string' ? next : undefined }
      }),
    async change(job, change) {
      const { state } = await ask(`${url}/v1/jobs/${encodeURIComponent(job)}/${change}`, { method: 'POST' })
      return JobState.parse(state)
    },
  }
}

/** @throws InputError `USAGE` with what the API said, `STORE_LOCKED` when nothing comes that it could have said */
async function ask(url: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const { response, body } = await answerOf(url, init).catch((cause: unknown) => {
    const message = `the process that holds the data folder does not answer at ${new URL(url).origin}: wait, or end it`
    throw new InputError('STORE_LOCKED', message, { cause })
  })
  if (response.ok) return body
  throw new InputError('USAGE', String(body.detail ?? body.title ?? `${url} answered ${response.status}`))
}

async function answerOf(url: string, init: RequestInit) {
  const response = await fetch(url, init)
  return { response, body: (await response.json()) as Record<string, unknown> }
}

async function* pages(
  read: (after: string | undefined) => Promise<{ rows: readonly JobSummary[]; next: string | undefined }>,
): AsyncGenerator<JobSummary> {
  let after: string | undefined
  do {
    const page = await read(after)
    yield* page.rows
    after = page.next
  } while (after !== undefined)
}
