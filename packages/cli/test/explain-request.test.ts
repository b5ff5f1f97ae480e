import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLimits } from '@fanlight/service-kit/limits'
import { commandLine } from '../src/command-line.ts'
import { costOf, type ExplainOptions, givenTargets, jobIdFor, methodsOf, objectivesOf } from '../src/explain-request.ts'
import { lists } from '../src/program/options.ts'
import { hash, spec, summary } from './samples.ts'

const options: ExplainOptions = {
  model: 'net.onnx',
  method: ['drise', 'box-gaussian'],
  set: {},
  seed: 0,
  minScore: 0.3,
  objective: ['score'],
  maxTargets: 20,
  out: 'fanlight-out',
  json: false,
  fresh: false,
  dryRun: false,
  overlays: true,
  retry: false,
}

const photos = [{ name: 'a.jpg', image: { sha256: hash('1'), uri: 'file:///a.jpg', bytes: 1 } }]

/** A store that knows these jobs. */
function known(states: Readonly<Record<string, 'done' | 'cancelled'>>) {
  const getJob = async (_: string, id: string) => (states[id] ? summary({ id, state: states[id] }) : undefined)
  return { project: 'local', store: { getJob } }
}

test('the same request over the same photos is the same job; another seed, model or photo is another', async () => {
  const id = await jobIdFor(known({}), spec, photos)
  assert.equal(await jobIdFor(known({ [id]: 'done' }), spec, photos), id)
  const others = [
    await jobIdFor(known({}), { ...spec, seed: 8 }, photos),
    await jobIdFor(known({}), { ...spec, nonce: 'x' }, photos),
    await jobIdFor(known({}), spec, [...photos, { name: 'b.jpg', failure: { code: 'NOT_A_FILE', message: '' } }]),
  ]
  assert.equal(new Set([id, ...others]).size, 4)
})

test('after a cancelled job the request becomes another one', async () => {
  const first = await jobIdFor(known({}), spec, photos)
  const second = await jobIdFor(known({ [first]: 'cancelled' }), spec, photos)
  assert.notEqual(second, first)
  assert.equal(await jobIdFor(known({ [first]: 'cancelled', [second]: 'done' }), spec, photos), second)
})

test('--forwards is the cost of a method with masks', () => {
  const methods = methodsOf({ ...options, method: ['drise'], forwards: 300 })
  assert.equal(costOf(methods), 300)
})

test('--set reaches the method; a parameter of a method that is not asked for is an error', () => {
  const [drise] = methodsOf({ ...options, set: { drise: { grid: 8 } } })
  assert.equal(drise?.params.grid, 8)
  assert.throws(() => methodsOf({ ...options, set: { lime: { grid: 8 } } }), { code: 'USAGE' })
  assert.throws(() => methodsOf({ ...options, set: { drise: { grid: 'wide' } } }), { code: 'USAGE' })
})

test('unknown methods and objectives are told with the known ones', () => {
  assert.throws(() => methodsOf({ ...options, method: ['gradcam'] }), { code: 'USAGE', message: /drise/ })
  assert.throws(() => objectivesOf({ ...options, objective: ['confidence'] }), {
    code: 'USAGE',
    message: /score, class/,
  })
})

test('the command that makes it again quotes what a shell would take apart', () => {
  const command = commandLine(["Anna's photo.jpg"], { ...options, forwards: 300, set: { drise: { grid: 8 } } })
  assert.equal(
    command,
    "npx fanlight explain 'Anna'\\''s photo.jpg' --model net.onnx --method drise,box-gaussian --forwards 300 --set drise.grid=8 --seed 0 --min-score 0.3 --objective score --max-targets 20",
  )
})

test('limits come from the environment, and nonsense is refused', () => {
  assert.equal(readLimits({ FANLIGHT_MAX_IMAGE_PIXELS: '1000' }).decodeLimits.maxPixels, 1000)
  assert.equal(readLimits({}).maxResidentBytes, undefined)
  assert.throws(() => readLimits({ FANLIGHT_SHARD_TIMEOUT_MS: '-1' }), {
    code: 'CONFIGURATION_INVALID',
    message: /FANLIGHT_SHARD_TIMEOUT_MS/,
  })
})

test('a target is a class, by name or number, and a box; what is none is refused with what would be', () => {
  const names = ['person', 'traffic light', 'a:b']
  const given = (...target: string[]) => givenTargets({ ...options, target }, names)
  assert.equal(given(), undefined)
  assert.deepEqual(given('traffic light:1,2,30.5,40', '0:0,0,9,9', 'a:b:0,0,1,1'), [
    { box: [1, 2, 30.5, 40], class: 1, label: 'traffic light' },
    { box: [0, 0, 9, 9], class: 0, label: 'person' },
    { box: [0, 0, 1, 1], class: 2, label: 'a:b' },
  ])
  for (const text of ['person', 'person:1,2,3', 'person:1,2,3,x', '1,2,3,4', 'person:1,2,..,4'])
    assert.throws(() => given(text), { code: 'USAGE', message: /CLASS:X1,Y1,X2,Y2/ })
  for (const text of ['person:9,9,1,1', 'person:10,10,10,50', 'person:0,5,9,5'])
    assert.throws(() => given(text), { code: 'USAGE', message: /^--target "person:.* has no area: .*X1 below X2/ })
  assert.throws(() => given('persn:0,0,1,1'), { code: 'USAGE', message: /no class "persn".*nearest are "person"/ })
  assert.throws(() => given('3:0,0,1,1'), { code: 'USAGE', message: /no class "3"/ })
})

test('lists that are given several times add up, in place of the usual one', () => {
  const usual = ['drise']
  const method = lists(usual)
  assert.deepEqual(method('odam', method('grad-cam, gradient', usual)), ['grad-cam', 'gradient', 'odam'])
  assert.deepEqual(method('drise', method('odam', usual)), ['odam', 'drise'])
  assert.throws(() => method(' , ', usual), /name at least one/)
})
