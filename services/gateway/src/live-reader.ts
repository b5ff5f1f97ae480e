import type { MapRef } from '@fanlight/contracts'
import { overlayWords } from '@fanlight/explain/diagnosis'
import { decodeNpy } from '@fanlight/image/npy'
import type { ArtifactStore, Bus, ImageSource, Store } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import type { LiveView } from './live-schema.ts'
import { hasEnded, type Live, liveView } from './live-views.ts'
import type { pace } from './pace.ts'
import type { Render } from './photo-cache.ts'
import { HttpProblem } from './problem.ts'

const OVERDUE_AT_A_TIME = 100

export interface LiveReaderOptions {
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly images: ImageSource
  readonly bus: Bus
  readonly project: string
  readonly render: Render
  readonly pace: ReturnType<typeof pace>
}

/** Reads what has come of explanations that somebody waits for. All throw HttpProblem 404 for unknown ones. */
export function liveReader({ store, artifacts, images, bus, project, render, pace }: LiveReaderOptions) {
  async function read(id: string): Promise<Live> {
    const job = /^live-[0-9a-f]{32}$/.test(id) ? await store.getJob(project, id) : undefined
    if (!job)
      throw new HttpProblem(404, `There is no explanation ${id}: POST /v1/explanations gives the address of one`)
    const { rows } = await store.listItems(project, id, { limit: 1 })
    const [item] = rows
    return { job, item, explanations: item ? await store.listExplanations(project, id, item.id) : [] }
  }

  async function cancel(id: string): Promise<void> {
    await sendOutbox({ bus, store }, await store.changeJob(project, id, 'cancel'))
  }

  async function view(id: string): Promise<LiveView> {
    const live = await read(id)
    const seen = shown(live)
    const isLate = live.job.deadlineAt !== undefined && live.job.deadlineAt <= Date.now()
    if (hasEnded(seen)) {
      for (const { durationMs } of seen.explanations) if (durationMs !== null) pace.measured(durationMs)
      return seen
    }
    if (!isLate) return seen
    // Explainers do it too, when there are any. Whether the deadline has passed, the store's clock says.
    await sendOutbox({ bus, store }, await store.cancelOverdue(OVERDUE_AT_A_TIME))
    return shown(await read(id))
  }

  const shown = (live: Live) => liveView(live, { now: Date.now(), draws: render.overlays !== undefined })

  return {
    view,

    async cancel(id: string): Promise<LiveView> {
      const live = await read(id)
      if (!hasEnded(shown(live))) await cancel(id)
      return shown(await read(id))
    },

    /** Seconds after which it is worth asking again. */
    async untilDone({ state }: LiveView): Promise<number> {
      return pace.untilDone(state === 'running' ? 0 : await store.waitingItems(project, 'live', 1000))
    },

    async transcript(id: string, sha256: string): Promise<Uint8Array> {
      const { explanations } = await read(id)
      if (explanations.some(({ result }) => result?.transcript === sha256)) return artifacts.get(sha256)
      throw new HttpProblem(404, `The explanation ${id} has no transcript ${sha256}`)
    },

    /** @param nth target, from 1 @returns PNG */
    async overlay(id: string, explanation: string, nth: number): Promise<Uint8Array> {
      const { item, explanations } = await read(id)
      const found = explanations.find((each) => each.explanation === explanation)
      const record = found?.result?.attributions[nth - 1]
      if (!item?.image || !found || !record) throw new HttpProblem(404, `The explanation ${id} has no such target`)
      if (!render.overlays) throw new HttpProblem(404, 'Nothing is drawn here: take the map as NPY')
      const { target, map, interval } = record
      const npy = async (ref: MapRef) => decodeNpy(await artifacts.get(ref.sha256)).data
      const [photo, data, halfWidths] = await Promise.all([
        images.read(item.image),
        npy(map),
        interval && npy(interval.map),
      ])
      const overlay = {
        map: { data, height: map.shape[0], width: map.shape[1] },
        ...(halfWidths && { halfWidths }),
        box: target.box,
        ...overlayWords(record, found.method.name),
      }
      const [drawn] = (await render.overlays({ photo, boxes: [], overlays: [overlay] })).overlays
      if (!drawn) throw new TypeError('the renderer drew nothing')
      return drawn.png
    },
  }
}
