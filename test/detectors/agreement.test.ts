import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AttributionRecord } from '@fanlight/contracts'
import { describeModel } from '@fanlight/detector'
import { correlation } from '@fanlight/evaluate'
import { methodSpec } from '@fanlight/explain'
import { decodeNpy } from '@fanlight/image/npy'
import { referenceImage } from '@fanlight/images-fs'
import { ingest } from '@fanlight/ingest'
import { silentLogger } from '@fanlight/service-kit'
import { readLimits } from '@fanlight/service-kit/limits'
import { type Data, openFanlight } from 'fanlight/composition'

const fixtures = fileURLToPath(new URL('../../../shared/fixtures', import.meta.url))
const PHOTOS = ['000000000785.jpg', '000000001296.jpg', '000000006818.jpg']

test('one network in two layouts, YOLOX and Ultralytics v8, gives the same boxes and the same maps', async (t) => {
  if (!existsSync(fixtures)) return t.skip('the fixtures (../shared/fixtures beside the checkout) are absent')
  const home = await mkdtemp(join(tmpdir(), 'fanlight-agreement-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  await using fanlight = await openFanlight({ env: {}, home, limits: readLimits({}), logger: silentLogger })
  const [yolox, v8] = [await explain(fanlight, 'yolox_nano'), await explain(fanlight, 'yolox_nano_v8layout')]
  assert.ok(yolox.length >= 5, `${yolox.length} detections`)
  assert.equal(v8.length, yolox.length)
  for (const [i, one] of yolox.entries()) {
    const other = v8[i]!
    assert.equal(other.record.target.label, one.record.target.label)
    for (const [j, side] of one.record.target.box.entries())
      assert.ok(Math.abs(side - other.record.target.box[j]!) < 0.5)
    assert.ok(Math.abs(one.record.target.score - other.record.target.score) < 1e-3)
    const agreement = correlation(one.map, other.map)
    assert.ok(agreement !== null && agreement > 0.999, `${one.record.target.label}: maps correlate by ${agreement}`)
  }
  t.diagnostic(`${yolox.length} detections on ${PHOTOS.length} photos`)
})

interface Explained {
  readonly record: AttributionRecord
  readonly map: Float32Array
}

/** In the order of photos, then of scores. */
async function explain(fanlight: Data, name: string): Promise<Explained[]> {
  const { store, artifacts, project } = fanlight
  const spec = {
    detector: await describeModel(join(fixtures, 'models', `${name}.onnx`)),
    methods: [methodSpec('drise', {}, 60)],
    policy: { kind: 'detections' as const, minScore: 0.4, maxTargets: 20, objectives: ['score' as const] },
    seed: 3,
    lane: 'bulk' as const,
  }
  const paths = PHOTOS.map((photo) => join(fixtures, 'photos', photo))
  const photos = await Promise.all(
    paths.map(async (path) => ({ name: path, image: await referenceImage(path, { maxBytes: 1e8 }) })),
  )
  await ingest(fanlight, { project, id: name, name, spec }, photos)
  while ((await store.getJob(project, name))?.state !== 'done') await sleep(50)
  const made: Explained[] = []
  for (const { id } of (await store.listItems(project, name, { limit: 10 })).rows) {
    const [explanation] = await store.listExplanations(project, name, id)
    for (const record of explanation?.result?.attributions ?? []) {
      made.push({ record, map: decodeNpy(await artifacts.get(record.map.sha256)).data })
    }
  }
  return made
}
