import type { Family } from '../family.ts'
import { classifier, classifierLogits } from './classifier.ts'
import { detr, rtDetr } from './detr.ts'
import { nanodet } from './nanodet.ts'
import { tinyYolov2 } from './tiny-yolov2.ts'
import { ultraface } from './ultraface.ts'
import { ultralytics } from './ultralytics.ts'
import { yoloAnchors } from './yolo-anchors.ts'
import { yolox } from './yolox.ts'

export type FamilyName =
  | 'tiny-yolov2'
  | 'yolox'
  | 'ultralytics'
  | 'yolo-anchors'
  | 'nanodet'
  | 'ultraface'
  | 'detr'
  | 'rt-detr'
  | 'classifier'
  | 'classifier-logits'

/** In the order in which they are tried; a missing family is a compile error. */
export const families: Readonly<Record<FamilyName, Family>> = {
  'tiny-yolov2': tinyYolov2,
  detr,
  'rt-detr': rtDetr,
  ultraface,
  nanodet,
  yolox,
  'yolo-anchors': yoloAnchors,
  ultralytics,
  classifier,
  'classifier-logits': classifierLogits,
}

export const familyNames = Object.keys(families) as readonly FamilyName[]
