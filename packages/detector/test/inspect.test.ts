import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { arch, platform } from 'node:os'
import { test } from 'node:test'
import { detectorId, sha256 } from '@fanlight/contracts'
import { describeModel, inspectModel } from '../src/index.ts'
import { fixturesAbsent, modelPath } from './fixtures.ts'
import { crashingModel, endlessModel, greedyModel, nanModel, scratchFolder, syntheticModel } from './synthetic.ts'

const folder = scratchFolder()
const harmless = () => syntheticModel({ outputs: [{ name: 'output', dims: [1, 84, 6], data: new Float32Array(504) }] })

test('a detector is described by its file and descriptor, under the file’s name', {
  skip: fixturesAbsent,
}, async () => {
  const path = modelPath('yolox_nano')
  const detector = await describeModel(path)
  const hash = sha256(await readFile(path))
  assert.deepEqual([detector.name, detector.uri, detector.sha256], ['yolox_nano', path, hash])
  assert.equal(detector.id, detectorId(hash, detector.descriptor))
  assert.equal((await describeModel(path, { name: 'mine' })).name, 'mine')
})

test('an inspection tells what the file says, without recognising it', async () => {
  const path = folder.write(
    'unknown.onnx',
    syntheticModel({ outputs: [{ name: 'logits', dims: [1, 7, 7], data: new Float32Array(49) }] }),
  )
  const { signature, bytes, sha256: hash } = await inspectModel(path)
  assert.deepEqual(signature.outputs[0]!.shape, [1, 7, 7])
  const file = await readFile(path)
  assert.deepEqual([bytes, hash], [file.length, sha256(file)])
  await assert.rejects(describeModel(path), {
    code: 'MODEL_FAMILY_UNKNOWN',
    message: /unknown\.onnx.*"logits" \[1, 7, 7\]/s,
  })
})

const noFiles = [
  { what: 'a path where nothing is', make: () => folder.path('absent.onnx'), code: 'MODEL_NOT_FOUND' },
  {
    what: 'a folder',
    make() {
      mkdirSync(folder.path('folder.onnx'))
      return folder.path('folder.onnx')
    },
    code: 'NOT_A_FILE',
  },
  {
    what: 'a pipe that nobody writes to',
    make() {
      execFileSync('mkfifo', [folder.path('pipe.onnx')])
      return folder.path('pipe.onnx')
    },
    code: 'NOT_A_FILE',
    skip: platform() === 'win32' ? 'pipes are no files here' : false,
  },
  {
    what: 'a device',
    make: () => '/dev/zero',
    code: 'NOT_A_FILE',
    skip: platform() === 'win32' ? 'no such device' : false,
  },
  { what: 'text', make: () => folder.write('text.onnx', Buffer.from('hello, world')), code: 'MODEL_INVALID' },
  {
    what: 'a file that is cut off',
    make: () => folder.write('cut.onnx', harmless().subarray(0, 900)),
    code: 'MODEL_INVALID',
  },
  { what: 'an empty file', make: () => folder.write('empty.onnx', new Uint8Array()), code: 'MODEL_INVALID' },
] as const

for (const { what, make, code, ...rest } of noFiles) {
  test(`${what} is refused by name`, { skip: 'skip' in rest ? rest.skip : false }, async () => {
    const path = make()
    await assert.rejects(describeModel(path), (error: Error & { code?: string; retry?: string }) => {
      assert.deepEqual([error.code, error.retry], [code, 'never'])
      assert.ok(error.message.includes(JSON.stringify(path)), error.message)
      return true
    })
  })
}

test('a file beyond the limit is refused before it is read', async () => {
  const path = folder.write('long.onnx', harmless())
  await assert.rejects(describeModel(path, { maxModelBytes: 1000 }), { code: 'MODEL_UNSAFE', message: /at most 1000/ })
})

test('a PyTorch file is answered with the command that exports it', async () => {
  const path = folder.write(
    'yolov8n.pt',
    Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(40), Buffer.from('archive/data.pkl')]),
  )
  await assert.rejects(describeModel(path), { code: 'MODEL_INVALID', message: /yolo export model=/ })
})

test('NaN on a grey photo is found when the detector is described', async () => {
  await assert.rejects(describeModel(folder.write('nan.onnx', nanModel('always'))), {
    code: 'MODEL_OUTPUT_INVALID',
    message: /nan\.onnx.*"output"/,
  })
})

test('a name with control characters cannot steer the terminal that shows the error', async () => {
  const path = folder.path('evil\u001b[2J\u202e.onnx')
  await assert.rejects(describeModel(path), (error: Error) => !/[\p{Cc}\p{Cf}]/u.test(error.message))
})

const deadly = [
  {
    what: 'crashes at load',
    bytes: () => crashingModel('load'),
    limits: {},
    told: /SIG/,
    skip: arch() === 'x64' ? false : 'the trap is x86’s',
  },
  {
    what: 'never returns',
    bytes: () => endlessModel('always'),
    limits: { loadTimeoutMs: 2500 },
    told: /2500 ms/,
    skip: false,
  },
  {
    what: 'takes 10 GB',
    bytes: () => greedyModel('always'),
    limits: { maxResidentBytes: 500 * 2 ** 20 },
    told: /MiB|memory/,
    skip: false,
  },
] as const

for (const { what, bytes, limits, told, skip } of deadly) {
  test(`a file that ${what} is given three tries, then up by name`, { skip }, async () => {
    const path = folder.write('deadly.onnx', bytes())
    await assert.rejects(describeModel(path, { ...limits }), (error: Error & { code?: string; retry?: string }) => {
      assert.deepEqual([error.code, error.retry], ['MODEL_INVALID', 'never'])
      assert.match(error.message, told)
      assert.match(error.message, /deadly\.onnx/)
      return true
    })
  })
}
