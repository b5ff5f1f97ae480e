/** The 80 classes of COCO detection in the order that detectors use (categories without their gaps). */
export const COCO_NAMES: readonly string[] = [
  ...['person', 'bicycle', 'car', 'motorcycle', 'airplane', 'bus', 'train', 'truck', 'boat', 'traffic light'],
  ...['fire hydrant', 'stop sign', 'parking meter', 'bench', 'bird', 'cat', 'dog', 'horse', 'sheep', 'cow'],
  ...['elephant', 'bear', 'zebra', 'giraffe', 'backpack', 'umbrella', 'handbag', 'tie', 'suitcase', 'frisbee'],
  ...['skis', 'snowboard', 'sports ball', 'kite', 'baseball bat', 'baseball glove', 'skateboard', 'surfboard'],
  ...['tennis racket', 'bottle', 'wine glass', 'cup', 'fork', 'knife', 'spoon', 'bowl', 'banana', 'apple'],
  ...['sandwich', 'orange', 'broccoli', 'carrot', 'hot dog', 'pizza', 'donut', 'cake', 'chair', 'couch'],
  ...['potted plant', 'bed', 'dining table', 'toilet', 'tv', 'laptop', 'mouse', 'remote', 'keyboard', 'cell phone'],
  ...['microwave', 'oven', 'toaster', 'sink', 'refrigerator', 'book', 'clock', 'vase', 'scissors', 'teddy bear'],
  ...['hair drier', 'toothbrush'],
]

/** Categories that COCO left out of detection. */
const GAPS = [0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83]

/** The 80 names at the numbers of their categories, 1 to 90; `class 0`, `class 12` … where COCO has none. */
export const COCO_CATEGORY_NAMES: readonly string[] = Array.from({ length: COCO_NAMES.length + GAPS.length }, (_, i) =>
  GAPS.includes(i) ? `class ${i}` : COCO_NAMES[i - GAPS.filter((gap) => gap < i).length]!,
)
