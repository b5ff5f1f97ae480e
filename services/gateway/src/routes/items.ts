import { ItemState, type JobSpec } from '@fanlight/contracts'
import type { ItemExplanation, ItemRow } from '@fanlight/ports'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { explainCommand } from '../command.ts'
import type { GatewayContext } from '../gateway.ts'
import { HttpProblem, problems } from '../problem.ts'
import { ExplanationList, type ExplanationView, ItemList, ItemView } from '../views.ts'
import { noJob } from './jobs.ts'
import { announceNext, Id, PageQuery } from './paging.ts'

/** Pages looked through for one filtered answer: a filter that nothing passes must not read a million rows at once. */
const PAGES_SCANNED = 50

export const itemRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  const { store, project, views } = context
  const params = z.object({ job: Id, item: Id })

  async function pageOf(
    job: string,
    query: { after: string | undefined; limit: number; state: ItemState | undefined },
  ) {
    const { limit, state } = query
    const kept: ItemRow[] = []
    let after = query.after
    for (let page = 0; page < PAGES_SCANNED; page += 1) {
      const { rows, next } = await store.listItems(project, job, { after, limit })
      kept.push(...rows.filter((row) => state === undefined || row.state === state))
      after = next
      if (next === undefined || kept.length >= limit) break
    }
    return { rows: kept, next: after }
  }

  app.get(
    '/jobs/:job/items',
    {
      schema: {
        summary: 'Photos of a job by name. With `state` a page may hold up to twice `limit`, or none and yet a `next`',
        params: z.object({ job: Id }),
        querystring: PageQuery.extend({ state: ItemState.optional() }),
        response: { 200: ItemList, ...problems },
      },
    },
    async (request, reply) => {
      const { job } = request.params
      const { cursor: after, limit, state } = request.query
      const { rows, next } = await pageOf(job, { after, limit, state })
      if (rows.length === 0 && !(await store.getJob(project, job))) noJob(job)
      return { items: await Promise.all(rows.map(views.view)), next: announceNext(request, reply, next) }
    },
  )

  app.get(
    '/jobs/:job/items/:item',
    { schema: { summary: 'A photo and its targets', params, response: { 200: ItemView, ...problems } } },
    async ({ params: { job, item } }) => views.view((await store.getItem(project, job, item)) ?? noItem(job, item)),
  )

  app.get(
    '/jobs/:job/items/:item/explanations',
    {
      schema: {
        summary: 'What explains a photo, by method: each target with its map and numbers',
        params,
        response: { 200: ExplanationList, ...problems },
      },
    },
    async ({ params: { job, item } }) => {
      const [summary, row] = await Promise.all([store.getJob(project, job), store.getItem(project, job, item)])
      if (!summary) noJob(job)
      if (!row) noItem(job, item)
      const explanations = await store.listExplanations(project, job, item)
      return { explanations: explanations.map((explanation) => viewOf(explanation, summary.spec, row)) }
    },
  )
}

function viewOf(row: ItemExplanation, spec: JobSpec, item: ItemRow): ExplanationView {
  const { explanation, method, state, result, failure, durationMs } = row
  const forwards = result?.attributions[0]?.forwards ?? 0
  return {
    explanation,
    method,
    state,
    result: result ?? null,
    failure: failure ?? null,
    durationMs: durationMs ?? null,
    command: explainCommand({ spec, method, uri: item.image?.uri ?? item.name, forwards }),
  }
}

export function noItem(job: string, item: string): never {
  throw new HttpProblem(404, `There is no photo ${item} in job ${job}; GET /v1/jobs/${job}/items lists those there are`)
}
