import type { AttributionRecord, JobSpec, JobSummary, MethodSpec } from '@fanlight/contracts'
import type { ItemExplanation, ItemRow } from '@fanlight/ports'
import type { PhotoResult } from '../src/results/photo-results.ts'

export const hash = (digit: string) => digit.repeat(64)

export const drise: MethodSpec = { name: 'drise', version: 1, params: { masks: 98 } }

export const spec: JobSpec = {
  detector: {
    id: hash('d'),
    name: 'net',
    sha256: hash('e'),
    uri: '/models/net.onnx',
    descriptor: {
      family: 'yolox',
      familyVersion: 1,
      inputName: 'images',
      width: 416,
      height: 416,
      preprocess: {
        channels: 'BGR',
        mean: [0, 0, 0],
        std: [1, 1, 1],
        resize: 'letterbox-top-left',
        pad: [114, 114, 114],
      },
      classNames: ['person'],
      strides: [8, 16, 32],
      anchors: [],
      nmsIou: 0.45,
    },
  },
  methods: [drise],
  policy: { kind: 'detections', minScore: 0.3, maxTargets: 20, objectives: ['score'] },
  seed: 7,
  lane: 'bulk',
}

export function record(id: string, more: Partial<AttributionRecord> = {}): AttributionRecord {
  return {
    target: { id, box: [1, 2, 30, 40], class: 0, label: 'person', score: 0.9, objective: 'score' },
    map: { sha256: hash('a'), shape: [48, 64] },
    forwards: 100,
    fullValue: 0.9,
    emptyValue: 0.01,
    unexplainable: false,
    stability: 0.8,
    priorShare: 0,
    inBoxEnergy: 0.57,
    ...more,
  }
}

export function photo(name: string, attributions: AttributionRecord[], method = drise): PhotoResult {
  const item: ItemRow = {
    project: 'local',
    job: 'j',
    id: name,
    name,
    image: { sha256: hash('b'), uri: 'file:///photo.jpg', bytes: 10 },
    state: 'done',
    failure: undefined,
    slice: {},
  }
  const explanation: ItemExplanation = {
    item: name,
    explanation: hash('c'),
    method,
    state: 'done',
    result: {
      width: 640,
      height: 480,
      attributions,
      targetsCut: 0,
      transcript: hash('f'),
      executionClass: 'cpu',
      forwards: 101,
    },
    failure: undefined,
    durationMs: 12,
  }
  return { item, explanations: [explanation] }
}

export function summary(more: Partial<JobSummary>): JobSummary {
  return {
    project: 'local',
    id: 'j',
    name: 'job',
    spec,
    state: 'running',
    createdAt: 0,
    items: { waiting: 0, open: 0, done: 0, failed: 0, cancelled: 0 },
    itemsWithoutTargets: 0,
    targets: 0,
    openForwards: { answered: 0, asked: 0 },
    endedForwards: 0,
    sealed: true,
    ...more,
  }
}
