import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, suite, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type DetectorRef, detectorId, sha256 } from '@fanlight/contracts'
import { createGateway } from '../src/index.ts'
import { KernelsView, NetworkView } from '../src/network-views.ts'
import { Problem } from '../src/problem.ts'
import { detector, photosAbsent, project, registerReal } from './seed.ts'
import { openStage, type Stage } from './stage.ts'

suite('the inside of a detector over HTTP', () => {
  const check = (title: string, run: (t: TestContext) => Promise<void>) => test(title, { skip: photosAbsent }, run)
  let stage: Stage
  let app: ReturnType<typeof createGateway>
  let real: DetectorRef
  let looks: string[]

  before(async () => {
    if (photosAbsent) return
    stage = await openStage()
    real = await registerReal(stage.options.store)
    looks = []
    const inspect = stage.options.inspect!
    app = createGateway({
      ...stage.options,
      inspect: {
        ...inspect,
        network: (file) => {
          looks.push('network')
          return inspect.network(file)
        },
        kernels: (file, options) => {
          looks.push(options.layer)
          return inspect.kernels(file, options)
        },
      },
    })
  })

  after(async () => {
    await app?.close()
    await stage?.[Symbol.asyncDispose]()
  })

  const get = (url: string) => app.inject({ method: 'GET', url })

  check('tells layers, cost and weights, by id and by name, and reads the file once', async () => {
    const answer = await get(`/v1/detectors/${real.id}/network`)
    assert.equal(answer.statusCode, 200)
    const { id, summary, weights, notRun, sha256, channels } = NetworkView.parse(answer.json())
    assert.deepEqual([id, sha256, notRun, channels], [real.id, real.sha256, null, 'BGR'])
    assert.equal(summary.parameters, 904_463)
    assert.equal(summary.layers.length, 369)
    assert.equal(weights.layers.length, 113)
    const [first] = weights.layers
    assert.equal(
      first!.histogram.counts.reduce((sum, count) => sum + count),
      first!.count,
    )
    const named = await get(`/v1/detectors/${real.name}/network`)
    assert.ok(named.body === answer.body)
    assert.deepEqual(looks, ['network'])
    assert.doesNotMatch(answer.body, /file:|shared|\/models\//)
  })

  check('draws the kernels of a layer once for each scale, and says what the picture shows', async () => {
    const url = `/v1/detectors/${real.id}/kernels?layer=Conv_41`
    const png = await get(url)
    assert.equal(png.headers['content-type'], 'image/png')
    assert.deepEqual([...png.rawPayload.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47])
    const shown = KernelsView.parse((await get(`${url}&format=json`)).json())
    assert.deepEqual([shown.kind, shown.withFocus, shown.kernel, shown.filterCount], ['colour', true, [6, 6], 16])
    assert.deepEqual([png.rawPayload.readUInt32BE(16), png.rawPayload.readUInt32BE(20)], [shown.width, shown.height])
    assert.equal(looks.filter((layer) => layer === 'Conv_41').length, 1)
    const shared = await get(`${url}&scale=layer`)
    assert.notDeepEqual(shared.rawPayload, png.rawPayload)
  })

  check('reads a detector from the artifacts where it is kept there', async () => {
    const bytes = await readFile(fileURLToPath(new URL('light_person_192.onnx', detector.uri)))
    const file = await stage.options.artifacts.put(bytes)
    const kept = { ...detector, id: detectorId(file, detector.descriptor), sha256: file, uri: `artifact:${file}` }
    await stage.options.store.putDetector(project, { ...kept, name: 'kept' })
    const { summary } = NetworkView.parse((await get('/v1/detectors/kept/network')).json())
    assert.equal(summary.parameters, 889_058)
    assert.equal((await get('/v1/detectors/kept/kernels?layer=Conv_41')).statusCode, 200)
  })

  check('refuses what is not there, in words that help', async () => {
    for (const [url, status, said] of [
      [`/v1/detectors/${sha256('nobody')}/network`, 404, /no detector/],
      [`/v1/detectors/${real.id}/kernels?layer=Conv_42`, 404, /did you mean "Conv_4\d"/],
      [`/v1/detectors/${real.id}/kernels?layer=Sigmoid_42`, 400, /no weights/],
      [`/v1/detectors/${real.id}/kernels`, 400, /schema/],
    ] as const) {
      const answer = await get(url)
      const problem = Problem.parse(answer.json())
      assert.equal(problem.status, status, url)
      assert.match(problem.detail, said)
    }
  })

  check('a file that is not the one that was added, or is gone, is said so without its place', async () => {
    const register = async (name: string, change: Partial<DetectorRef>) => {
      await stage.options.store.putDetector(project, { ...detector, id: sha256(name), name, ...change })
      const answer = await get(`/v1/detectors/${name}/network`)
      assert.doesNotMatch(answer.body, /nowhere|\/models\//)
      return [answer.statusCode, Problem.parse(answer.json()).code] as const
    }
    assert.deepEqual(await register('changed', { sha256: sha256('another') }), [422, 'MODEL_INVALID'])
    assert.deepEqual(await register('gone', { uri: '/nowhere/gone.onnx' }), [404, 'MODEL_NOT_FOUND'])
    const missing = sha256('missing')
    const artifact = { sha256: missing, uri: `artifact:${missing}` }
    assert.deepEqual(await register('missing', artifact), [404, 'ARTIFACT_NOT_FOUND'])
  })

  check('both are in the description of the API', async () => {
    const { paths } = (await get('/v1/openapi.json')).json()
    assert.ok(paths['/v1/detectors/{id}/network'].get.responses['200'])
    const { content } = paths['/v1/detectors/{id}/kernels'].get.responses['200']
    assert.deepEqual(Object.keys(content).sort(), ['application/json', 'image/png'])
  })
})
