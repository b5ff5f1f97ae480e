import { worthOf } from './evidence.ts'
import { smallBoard } from './scenes.ts'
import {
  all,
  type Checks,
  close,
  covers,
  errsBelow,
  halfWidthsIn,
  type Open,
  objects,
  players,
  segmentation,
  truths,
  valuesIn,
} from './small-games.ts'
import { type Hierarchy, owenValues } from './truth.ts'

export const shapleyChecks: Checks = {
  'kernel-shap is exact where all coalitions are asked': {
    method: 'kernel-shap',
    async run(open) {
      const box = await open(smallBoard, objects)
      const explained = await box.explain('kernel-shap', { segmentation, coalitions: 2 ** players }, all(box))
      for (const [object, values] of valuesIn(box, explained).entries()) {
        close(values, truths[object]!, 1e-6)
        close(halfWidthsIn(box, explained.attributions[object]!), new Float64Array(players), 1e-9)
      }
    },
  },
  'kernel-shap covers the truth as often as it says': {
    method: 'kernel-shap',
    run: (open) => covers(open, 'kernel-shap', { segmentation, coalitions: 200 }, truths),
  },
  'kernel-shap errs as little as paired leverage samples do': {
    method: 'kernel-shap',
    run: (open) => errsBelow(open, 'kernel-shap', { segmentation, coalitions: 200 }, 0.016),
  },
  'shapley-permutation covers the truth as often as it says': {
    method: 'shapley-permutation',
    run: (open) => covers(open, 'shapley-permutation', { segmentation, coalitions: 660 }, truths),
  },
  'shapley-permutation errs as little as antithetic orders do': {
    method: 'shapley-permutation',
    run: (open) => errsBelow(open, 'shapley-permutation', { segmentation, coalitions: 660 }, 0.013),
  },
  'owen gives each half its due, down to the tiles': { method: 'owen', run: owenIsItsTruth },
}

/** Halved across its longer side again and again, a board of three rows by four columns, the smaller part first. */
const halves: Hierarchy = [
  [
    [0, 1],
    [
      [4, 8],
      [5, 9],
    ],
  ],
  [
    [2, 3],
    [
      [6, 10],
      [7, 11],
    ],
  ],
]

async function owenIsItsTruth(open: Open): Promise<void> {
  const box = await open(smallBoard, objects)
  const explained = await box.explain('owen', { segmentation, coalitions: 1000 }, all(box))
  for (const [object, values] of valuesIn(box, explained).entries())
    close(
      values,
      owenValues((z) => worthOf(objects[object]!, z), halves, players),
      1e-6,
    )
}
