import { type ExplanationResult, explanationId, type ImageRef, type JobSpec, sha256 } from '@fanlight/contracts'
import type { ClaimedItem, NewExplanation } from '@fanlight/ports'

export const jobSpec: JobSpec = {
  detector: {
    id: sha256('detector'),
    name: 'yolo',
    sha256: sha256('onnx'),
    uri: '/models/yolo.onnx',
    descriptor: {
      family: 'yolox',
      familyVersion: 1,
      inputName: 'images',
      width: 416,
      height: 416,
      preprocess: { channels: 'BGR', mean: [0, 0, 0], std: [1, 1, 1], resize: 'stretch', pad: [0, 0, 0] },
      classNames: ['person'],
      strides: [8, 16, 32],
      anchors: [],
      nmsIou: 0.45,
    },
  },
  methods: [{ name: 'drise', version: 1, params: {} }],
  policy: { kind: 'detections', minScore: 0.3, maxTargets: 20, objectives: ['score'] },
  seed: 1,
  lane: 'bulk',
}

export const image = (name: string): ImageRef => ({ sha256: sha256(name), uri: `file:///${name}`, bytes: 1 })

export function explanationOf({ image, spec }: ClaimedItem): NewExplanation {
  const { detector, policy, seed } = spec
  const method = spec.methods[0]!
  return {
    id: explanationId({ image: image.sha256, detector: detector.id, policy, method, seed }),
    image,
    method,
    spec,
  }
}

export function resultOf(explanation: string, targets: number, forwards: number): ExplanationResult {
  const attributions = Array.from({ length: targets }, (_, i) => ({
    target: {
      id: sha256(`${explanation} ${i}`),
      box: [0, 0, 10, 10] satisfies [number, number, number, number],
      class: 0,
      label: 'person',
      score: 0.9,
      objective: 'score' as const,
    },
    map: { sha256: sha256(`map ${explanation} ${i}`), shape: [48, 64] satisfies [number, number] },
    forwards,
    fullValue: 0.9,
    emptyValue: 0.1,
    unexplainable: false,
    stability: 0.8,
    priorShare: 0,
    inBoxEnergy: 0.5,
  }))
  const transcript = sha256(`transcript ${explanation}`)
  return { width: 64, height: 64, attributions, targetsCut: 0, transcript, executionClass: 'cpu', forwards }
}
