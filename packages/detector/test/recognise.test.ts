import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { decodeModel, type ModelSignature, signatureOf } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { COCO_NAMES } from '../src/coco-names.ts'
import { recogniseDetector } from '../src/recognise.ts'
import { fixturesAbsent, modelPath } from './fixtures.ts'

const ULTRALYTICS = { task: 'detect', stride: '32', imgsz: '[640, 640]', batch: '1', names: "{0: 'cat', 1: 'dog'}" }

const SQUARE = [1, 3, 640, 640]

interface Shapes {
  readonly input?: readonly (number | string)[]
  readonly outputs: readonly (readonly (number | string)[])[]
  readonly metadata?: Readonly<Record<string, string>>
  readonly focusStem?: boolean
  /** Of the outputs. @default output0, output1 … */
  readonly names?: readonly string[]
  /** The first output is a Softmax's. */
  readonly softmax?: boolean
}

function signature({
  input = SQUARE,
  outputs,
  metadata = {},
  focusStem = false,
  names = [],
  softmax = false,
}: Shapes): ModelSignature {
  return {
    inputs: [{ name: 'images', shape: input, elemType: 1 }],
    outputs: outputs.map((shape, i) => ({ name: names[i] ?? `output${i}`, shape, elemType: 1 })),
    metadata,
    producer: 'pytorch 2.1',
    opset: 17,
    focusStem,
    probabilities: softmax ? [names[0] ?? 'output0'] : [],
  }
}

const raw = [80, 40, 20].map((side) => [1, 3, side, side, 85])
const heads = (queries: number, logits: number) => [
  [1, queries, logits],
  [1, queries, 4],
]
const nanodet = [80, 40, 20].map((side) => side * side)

const layouts: readonly (readonly [string, string, Shapes])[] = [
  ['YOLOX at 640', 'yolox', { outputs: [[1, 8400, 85]] }],
  ['YOLOX with one class, wider than high', 'yolox', { input: [1, 3, 192, 320], outputs: [[1, 1260, 6]] }],
  ['YOLOv5', 'yolo-anchors', { outputs: [[1, 25200, 85]] }],
  ['YOLOv5 with its raw heads beside', 'yolo-anchors', { outputs: [[1, 25200, 85], ...raw] }],
  ['YOLOv5 P6 at 1280', 'yolo-anchors', { input: [1, 3, 1280, 1280], outputs: [[1, 102000, 85]] }],
  ['YOLOv3-tiny', 'yolo-anchors', { outputs: [[1, 6000, 85]] }],
  ['YOLOv5 raw', 'yolo-anchors', { outputs: raw }],
  ['YOLOv8', 'ultralytics', { outputs: [[1, 84, 8400]] }],
  ['YOLOv8 with two named classes', 'ultralytics', { outputs: [[1, 6, 8400]], metadata: ULTRALYTICS }],
  ['YOLOv8 of a batch left open', 'ultralytics', { input: ['batch', 3, 640, 640], outputs: [['batch', 84, 8400]] }],
  [
    'YOLOv10, by its metadata',
    'ultralytics',
    { outputs: [[1, 100, 6]], metadata: { ...ULTRALYTICS, end2end: 'True' } },
  ],
  ['YOLOv8 with NMS', 'ultralytics', { outputs: [[1, 50, 6]], metadata: { ...ULTRALYTICS, args: "{'nms': True}" } }],
  ['YOLOv10, by its 300 rows', 'ultralytics', { outputs: [[1, 300, 6]] }],
  ['NanoDet', 'nanodet', { outputs: [...nanodet.map((n) => [1, n, 80]), ...nanodet.map((n) => [1, n, 32])] }],
  [
    'UltraFace',
    'ultraface',
    {
      outputs: [
        [1, 4420, 2],
        [1, 4420, 4],
      ],
    },
  ],
  [
    'UltraFace, boxes first',
    'ultraface',
    {
      outputs: [
        [1, 4420, 4],
        [1, 4420, 2],
      ],
    },
  ],
  ['tiny YOLOv2 of VOC', 'tiny-yolov2', { input: ['None', 3, 416, 416], outputs: [['None', 125, 13, 13]] }],
  ['DETR', 'detr', { outputs: heads(100, 92), names: ['logits', 'pred_boxes'] }],
  [
    'YOLOS, with more outputs',
    'detr',
    { outputs: [...heads(100, 92), [1, 100, 384]], names: ['logits', 'pred_boxes'] },
  ],
  ['RT-DETR', 'rt-detr', { outputs: heads(300, 80), names: ['pred_logits', 'pred_boxes'] }],
  ['RF-DETR', 'rt-detr', { outputs: heads(300, 91).toReversed(), names: ['dets', 'labels'] }],
  ['RF-DETR of a class, and few queries', 'rt-detr', { outputs: heads(100, 2), names: ['labels', 'dets'] }],
  [
    'RT-DETR of Ultralytics',
    'rt-detr',
    { outputs: [[1, 300, 6]], metadata: { ...ULTRALYTICS, description: 'Ultralytics rtdetr-l model' } },
  ],
  ['a classifier', 'classifier', { outputs: [[1, 1000]], softmax: true }],
  ['a classifier of an open batch', 'classifier', { outputs: [['batch', 1000, 1, 1]], softmax: true }],
  ['a classifier with one class', 'classifier', { outputs: [[1, 1]], softmax: true }],
  ['a classifier without a softmax', 'classifier-logits', { input: [1, 3, 224, 160], outputs: [['n', 7]] }],
  [
    'a YOLOv8 classifier',
    'classifier',
    { outputs: [[1, 2]], softmax: true, metadata: { ...ULTRALYTICS, task: 'classify' } },
  ],
]

for (const [what, family, shapes] of layouts) {
  test(`${what} is of family ${family}`, () => {
    const descriptor = recogniseDetector(signature(shapes))
    assert.equal(descriptor.family, family)
    const [, , height, width] = shapes.input ?? SQUARE
    assert.deepEqual([descriptor.width, descriptor.height], [width, height])
  })
}

test('80 classes without names are COCO’s, others are numbered', () => {
  assert.equal(COCO_NAMES.length, 80)
  assert.deepEqual(recogniseDetector(signature({ outputs: [[1, 84, 8400]] })).classNames, COCO_NAMES)
  assert.deepEqual(recogniseDetector(signature({ outputs: [[1, 8400, 7]] })).classNames, ['class 0', 'class 1'])
  // COCO has no classes for whole images.
  assert.equal(recogniseDetector(signature({ outputs: [[1, 80]] })).classNames[79], 'class 79')
})

test('names and input size come from Ultralytics’ metadata', () => {
  const metadata = { ...ULTRALYTICS, imgsz: '[384, 672]' }
  const open = { input: ['batch', 3, 'height', 'width'], outputs: [[1, 6, 5292]], metadata }
  const { classNames, width, height, preprocess, nmsIou } = recogniseDetector(signature(open))
  assert.deepEqual(
    { classNames, width, height, nmsIou },
    { classNames: ['cat', 'dog'], width: 672, height: 384, nmsIou: 0.7 },
  )
  assert.deepEqual(preprocess, {
    channels: 'RGB',
    mean: [0, 0, 0],
    std: [255, 255, 255],
    resize: 'letterbox-center',
    pad: [114 / 255, 114 / 255, 114 / 255],
  })
})

test('an open input size without metadata is 640', () => {
  const { width, height } = recogniseDetector(signature({ input: [1, 3, 'h', 'w'], outputs: [[1, 84, 8400]] }))
  assert.deepEqual([width, height], [640, 640])
})

test('a v8 layout behind a Focus takes YOLOX’s input, unless metadata or --family says that it is Ultralytics’', () => {
  const shapes = { outputs: [[1, 6, 8400]], focusStem: true }
  assert.equal(recogniseDetector(signature(shapes)).preprocess.channels, 'BGR')
  assert.equal(recogniseDetector(signature({ ...shapes, metadata: ULTRALYTICS })).preprocess.channels, 'RGB')
  assert.equal(recogniseDetector(signature(shapes), { family: 'ultralytics' }).preprocess.channels, 'RGB')
})

for (const task of ['segment', 'pose', 'obb']) {
  test(`a network of task ${task} is refused by name`, () => {
    const metadata = { ...ULTRALYTICS, task }
    assert.throws(() => recogniseDetector(signature({ outputs: [[1, 6, 8400]], metadata })), {
      code: 'MODEL_UNSUPPORTED',
      message: new RegExp(task),
    })
  })
}

test('a network of task classify is no detector, whatever its outputs look like', () => {
  const metadata = { ...ULTRALYTICS, task: 'classify' }
  const shapes = signature({ outputs: [[1, 6, 8400]], metadata })
  for (const family of [undefined, 'ultralytics']) {
    assert.throws(() => recogniseDetector(shapes, { family }), { code: 'MODEL_FAMILY_UNKNOWN' })
  }
  const detector = signature({ outputs: [[1, 2]], softmax: true, metadata: ULTRALYTICS })
  assert.throws(() => recogniseDetector(detector), { code: 'MODEL_FAMILY_UNKNOWN' })
})

test('no classifier is what has several outputs, one number, an axis too many or rows for several things', () => {
  for (const outputs of [
    [
      [1, 7],
      [1, 4],
    ],
    [[1, 1]],
    [[1, 7, 7, 7]],
    [[2, 7]],
    [[7]],
    [[1, 7, 1]],
  ]) {
    assert.throws(() => recogniseDetector(signature({ outputs })), { code: 'MODEL_FAMILY_UNKNOWN' }, String(outputs))
  }
})

test('--family says whether a classifier gives probabilities, where the graph does not', () => {
  const logits = signature({ outputs: [[1, 7]] })
  assert.equal(recogniseDetector(logits, { family: 'classifier' }).family, 'classifier')
  const probabilities = signature({ outputs: [[1, 7]], softmax: true })
  assert.equal(recogniseDetector(probabilities, { family: 'classifier-logits' }).family, 'classifier-logits')
})

test('a classifier is prepared as for ImageNet, Ultralytics’ as a share of 255, others as their metadata says', () => {
  const preprocessOf = (metadata: Readonly<Record<string, string>>) => {
    const { mean, std, channels, resize } = recogniseDetector(signature({ outputs: [[1, 2]], metadata })).preprocess
    return { mean, std, channels, resize }
  }
  const stretched = { channels: 'RGB', resize: 'stretch' }
  assert.deepEqual(preprocessOf({}), { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], ...stretched })
  const plain = { mean: [0, 0, 0], std: [255, 255, 255], ...stretched }
  assert.deepEqual(preprocessOf({ ...ULTRALYTICS, task: 'classify' }), plain)
  const own = { 'fanlight.mean': '[1, 2, 3]', 'fanlight.std': '[4, 5, 6.5]' }
  assert.deepEqual(preprocessOf(own), { mean: [1, 2, 3], std: [4, 5, 6.5], ...stretched })
})

test('detection transformers get what they were trained with, and COCO’s names at the numbers of its categories', () => {
  const of = (outputs: Shapes['outputs'], names: readonly string[]) => recogniseDetector(signature({ outputs, names }))
  const detr = of(heads(100, 92), ['logits', 'pred_boxes'])
  const rfDetr = of(heads(300, 91), ['labels', 'dets'])
  for (const { classNames, preprocess } of [detr, rfDetr]) {
    assert.deepEqual(
      [preprocess.mean, preprocess.std],
      [
        [123.675, 116.28, 103.53],
        [58.395, 57.12, 57.375],
      ],
    )
    assert.equal(classNames.length, 91)
    assert.deepEqual(
      [0, 1, 12, 13, 90].map((i) => classNames[i]),
      ['class 0', 'person', 'class 12', 'stop sign', 'toothbrush'],
    )
  }
  const { classNames, preprocess } = of(heads(300, 80), ['logits', 'pred_boxes'])
  assert.deepEqual([preprocess.mean, preprocess.std, preprocess.resize], [[0, 0, 0], [255, 255, 255], 'stretch'])
  assert.deepEqual(classNames, COCO_NAMES)
})

test('--family tells a softmax from a sigmoid, and does without names', () => {
  for (const family of ['detr', 'rt-detr']) {
    for (const [outputs, names] of [
      [heads(300, 80), ['logits', 'pred_boxes']],
      [heads(100, 80).toReversed(), []],
    ] as const) {
      assert.equal(recogniseDetector(signature({ outputs, names }), { family }).family, family)
    }
  }
})

test('no detection transformer is what has other names, other counts, or a softmax already', () => {
  const names = ['logits', 'pred_boxes']
  for (const shapes of [
    { outputs: heads(300, 80) },
    {
      outputs: [
        [1, 300, 80],
        [1, 299, 4],
      ],
      names,
    },
    {
      outputs: [
        [1, 300, 80],
        [1, 300, 5],
      ],
      names,
    },
    { outputs: heads(300, 80), names, softmax: true },
  ]) {
    assert.throws(() => recogniseDetector(signature(shapes)), { code: 'MODEL_FAMILY_UNKNOWN' })
  }
})

test('class names can be in fanlight.classes, for any family', () => {
  const metadata = { 'fanlight.classes': '["owl", "bat"]' }
  for (const outputs of [[[1, 2]], [[1, 8400, 7]]]) {
    assert.deepEqual(recogniseDetector(signature({ outputs, metadata })).classNames, ['owl', 'bat'])
  }
})

for (const [key, value] of Object.entries({
  'fanlight.classes': '["a", 2]',
  'fanlight.mean': '[0, 0]',
  'fanlight.std': '{',
})) {
  test(`metadata ${key} = ${value} is an error that names it`, () => {
    assert.throws(() => recogniseDetector(signature({ outputs: [[1, 2]], metadata: { [key]: value } })), {
      code: 'MODEL_INVALID',
      message: new RegExp(key),
    })
  })
}

test('an open input size of a classifier is 224', () => {
  const { width, height } = recogniseDetector(signature({ input: ['n', 3, 'h', 'w'], outputs: [['n', 10]] }))
  assert.deepEqual([width, height], [224, 224])
})

for (const [key, value] of Object.entries({
  names: "__import__('os')",
  imgsz: '[0, 640]',
  args: '{',
  end2end: 'exec(1)',
})) {
  test(`metadata ${key} that is not what an exporter writes is an error that names it`, () => {
    const metadata = { ...ULTRALYTICS, [key]: value }
    assert.throws(() => recogniseDetector(signature({ outputs: [[1, 6, 8400]], metadata })), {
      code: 'MODEL_INVALID',
      message: new RegExp(key),
    })
  })
}

test('an unknown layout lists what was seen and what is known, and nothing in it steers a terminal', () => {
  const unknown: ModelSignature = {
    ...signature({ outputs: [[1, 1000]] }),
    outputs: [{ name: 'logits\u001b[31m\u202e<b>', shape: [1, 'n\n', undefined], elemType: 1 }],
    metadata: { 'key\u0007': 'value' },
  }
  assert.throws(
    () => recogniseDetector(unknown),
    (error) => {
      assert.ok(error instanceof InputError)
      assert.equal(error.code, 'MODEL_FAMILY_UNKNOWN')
      assert.match(error.message, /"logits\\u001b\[31m\\u\{202e\}<b>" \[1, "n\\n", \?\]/)
      for (const wanted of ['"images" [1, 3, 640, 640]', '"key\\u0007"', 'yolox:', 'ultraface:', '--family']) {
        assert.ok(error.message.includes(wanted), `${wanted} in ${error.message}`)
      }
      assert.ok(!/[\p{Cc}\p{Cf}]/u.test(error.message.replaceAll('\n', '')))
      return true
    },
  )
})

test('a forced family that does not fit says what it has; one that there is not lists those there are', () => {
  const shapes = signature({ outputs: [[1, 84, 8400]] })
  assert.throws(() => recogniseDetector(shapes, { family: 'yolox' }), {
    code: 'MODEL_FAMILY_UNKNOWN',
    message: /not those of family yolox/,
  })
  assert.throws(() => recogniseDetector(shapes, { family: 'yolo\u001b' }), {
    code: 'USAGE',
    message: /tiny-yolov2, .*ultraface/,
  })
})

for (const [name, family] of Object.entries({
  yolox_nano: 'yolox',
  yolox_nano_v8layout: 'ultralytics',
  light_person_192: 'yolox',
  nanodet_m_320: 'nanodet',
  ultraface_rfb_320: 'ultraface',
})) {
  test(`${name} is of family ${family}`, { skip: fixturesAbsent }, async () => {
    const signature = signatureOf(decodeModel(await readFile(modelPath(name))))
    assert.equal(recogniseDetector(signature).family, family)
  })
}
