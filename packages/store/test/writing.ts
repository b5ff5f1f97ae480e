import { explanationId, type ImageRef, type JobSpec, sha256 } from '@fanlight/contracts'
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
