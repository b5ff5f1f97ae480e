import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { openImages } from '@fanlight/drivers'
import { type GatewayOptions, startGateway } from '../src/index.ts'
import { LiveView } from '../src/live-schema.ts'
import { detector, explain, project } from './seed.ts'
import { openStage, type Stage } from './stage.ts'

const photos = fileURLToPath(new URL('../../../../shared/fixtures/photos/', import.meta.url))
export const photoBytes = (name: string) => readFile(path.join(photos, name))
/** A bear; its size and box are what `explainLive` says of any photo. */
export const BEAR = '000000000285.jpg'
const truth = {
  file: BEAR,
  width: 586,
  height: 640,
}
const bear = (at: number) => ({
  classId: 21,
  label: 'bear',
  box: [10 + at, 70, 570, 630] as [number, number, number, number],
})

export interface LiveStage extends Stage {
  readonly url: string
  post(body: BodyInit, headers?: Record<string, string>, query?: string): Promise<Response>
  /** The bear in a form. */
  form(fields?: Record<string, string>, photo?: Blob): Promise<FormData>
  read(id: string): Promise<LiveView>
  /** Claims what waits and ends it well, as an explainer does; so many bears are in each photo, one unless told. */
  explainLive(limit?: number, bears?: number): Promise<number>
}

/** A gateway that listens, with one registered detector and nobody who explains. */
export async function openLiveStage(more: Partial<GatewayOptions> = {}): Promise<LiveStage> {
  const stage = await openStage()
  const { store, artifacts } = stage.seeded
  await store.putDetector(project, detector)
  await store.changeJob(project, 'running', 'cancel')
  const images = openImages({}, { artifacts, maxBytes: 2 ** 25 })
  const options = { ...stage.options, images, requestsPerMinute: 1_000_000, ...more }
  const gateway = await startGateway({ ...options, port: 0 })
  const url = `${gateway.url}/v1/explanations`
  return {
    ...stage,
    options,
    url,
    post: (body, headers = {}, query = '') => fetch(`${url}${query}`, { method: 'POST', body, headers }),
    async form(fields = { detector: detector.name }, photo) {
      const form = new FormData()
      form.set('image', photo ?? new Blob([await photoBytes(BEAR)]), 'bear.jpg')
      for (const [name, value] of Object.entries(fields)) form.set(name, value)
      return form
    },
    async read(id) {
      return LiveView.parse(await (await fetch(`${url}/${id}`)).json())
    },
    async explainLive(limit = 10, bears = 1) {
      const objects = Array.from({ length: bears }, (_, at) => bear(at))
      await store.renewLease('seed', 3_600_000)
      const claims = await store.claimItems('seed', limit)
      for (const claim of claims) await explain(store, artifacts, claim, { ...truth, objects })
      return claims.length
    },
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await stage[Symbol.asyncDispose]()
    },
  }
}
