import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { brightDetector } from '../../packages/detector/test/bright-detector.ts'
import { quantised } from '../../packages/detector/test/odd-detectors.ts'
import { plainPhoto } from '../../packages/detector/test/synthetic.ts'
import { Scratch } from '../e2e/fanlight.ts'

let scratch: Scratch
before(async () => {
  scratch = await Scratch.make()
  await mkdir(scratch.path('photos'))
  await writeFile(scratch.path('photos/dull.bmp'), plainPhoto(150))
})
after(() => scratch[Symbol.asyncDispose]())

const quick = ['--forwards', '12', '--workers', '1', '--no-overlays']

interface Row {
  readonly method: string
  readonly map: { path: string } | null
  readonly gradient?: { vanished: string | null; slope: number | null; value: number }
}

interface Failure {
  readonly image: { path: string }
  readonly method: string
  readonly code: string
  readonly message: string
}

async function explain(model: Uint8Array, args: readonly string[], { env = {}, photos = 'photos' } = {}) {
  await writeFile(scratch.path('odd.onnx'), model)
  const command = ['explain', photos, '--model', 'odd.onnx', ...quick, ...args, '--fresh', '--out', 'out']
  const ended = await scratch.run(command, { env })
  assert.doesNotMatch(ended.stderr, /mistake in Fanlight/)
  return {
    ...ended,
    rows: () => scratch.lines<Row>('out', 'attributions.ndjson'),
    failures: () => scratch.lines<Failure>('out', 'failures.ndjson'),
  }
}

test('a network without a gradient is told once a method, and D-RISE works on', async () => {
  const { code, stderr, rows, failures } = await explain(quantised(), ['--method', 'drise,grad-cam,gradient'])
  assert.equal(code, 3, stderr)
  assert.deepEqual(
    (await rows()).map(({ method }) => method),
    ['drise'],
  )
  const failed = await failures()
  assert.deepEqual(failed.map(({ method }) => method).sort(), ['grad-cam', 'gradient'])
  for (const { method, code: reason, message } of failed) {
    assert.equal(reason, 'MODEL_UNSUPPORTED', 'not tried again')
    assert.match(message, /odd\.onnx": the "QuantizeLinear" node that makes .* give the float model/)
    assert.ok(stderr.includes(`photos/dull.bmp (${method}): MODEL_UNSUPPORTED: `), stderr)
  }
})

test('a layer that does not exist, or is no picture, is told with what to take instead', async () => {
  const layers = ['--set', 'grad-cam.layer=convv0', '--set', 'layer-cam.layer=output']
  const { code, stderr, rows, failures } = await explain(brightDetector(), [
    '--method',
    'drise,grad-cam,layer-cam',
    ...layers,
  ])
  assert.equal(code, 3, stderr)
  assert.deepEqual(
    (await rows()).map(({ method }) => method),
    ['drise'],
  )
  const told = new Map((await failures()).map(({ method, code: reason, message }) => [method, `${reason} ${message}`]))
  assert.match(told.get('grad-cam')!, /^USAGE .*no layer "convv0"\. The nearest names are "conv 0"/)
  assert.match(
    told.get('layer-cam')!,
    /^MODEL_UNSUPPORTED .*"output" is \[1, 84, 6\], not .*take the output of a convolution/,
  )
  for (const message of told.values()) assert.ok(stderr.includes(message.slice(message.indexOf('the '))), stderr)
})

test('a gradient that vanished is told with the saturation that caused it', async () => {
  const { code, stdout, stderr, rows } = await explain(brightDetector({ gain: 200 }), ['--method', 'grad-cam,gradient'])
  assert.equal(code, 0, stderr)
  for (const { gradient } of await rows()) {
    assert.deepEqual([gradient!.vanished, gradient!.value], ['saturated', 1])
    assert.ok(gradient!.slope! < 1e-6)
  }
  assert.match(stdout, /no map: the score is saturated/)
})

test('a photo of 4K on a worker of little memory works, and so does what comes after one that is too large', async () => {
  await mkdir(scratch.path('large'))
  await writeFile(scratch.path('large/a-too-large.bmp'), plainPhoto(150, 7000))
  await writeFile(scratch.path('large/b-4k.bmp'), plainPhoto(150, 2880))
  await writeFile(scratch.path('large/c-small.bmp'), plainPhoto(150))
  const { code, stderr, rows, failures } = await explain(brightDetector(), ['--method', 'grad-cam,gradient'], {
    photos: 'large',
    env: { FANLIGHT_MAX_RESIDENT_BYTES: String(400 * 2 ** 20) },
  })
  assert.equal(code, 3, stderr)
  const failed = await failures()
  assert.deepEqual(
    failed.map(({ image, code: reason }) => [image.path, reason]),
    [['large/a-too-large.bmp', 'IMAGE_TOO_LARGE']],
  )
  assert.equal((await rows()).length, 4)
})
