import assert from 'node:assert/strict'
import { worthOf } from './evidence.ts'
import { type LimeOptions, limeFit } from './lime-truth.ts'
import { smallBoard } from './scenes.ts'
import {
  all,
  type Checks,
  close,
  covers,
  type Open,
  objects,
  players,
  playsIn,
  segmentation,
  truths,
  valuesIn,
} from './small-games.ts'
import { coalitionOf } from './truth.ts'

/** All coalitions count enough for a sample to have met those that matter. */
const wideLime: LimeOptions = { kernelWidth: 0.75, ridge: 0 }

export const limeChecks: Checks = {
  'lime is its weighted ridge over the coalitions that it asked': { method: 'lime', run: limeIsItsRidge },
  'lime says what an additive object is made of': { method: 'lime', run: limeOfAdditive },
  'lime covers the fit over all coalitions as often as it says': {
    method: 'lime',
    run: (open) => {
      const every = Array.from({ length: 2 ** players }, (_, code) => coalitionOf(code, players))
      const fits = objects.map((object) =>
        limeFit(
          every,
          every.map((z) => worthOf(object, z)),
          wideLime,
        ),
      )
      return covers(open, 'lime', { segmentation, samples: 600, ...wideLime }, fits)
    },
  },
}

async function limeIsItsRidge(open: Open): Promise<void> {
  const box = await open(smallBoard, objects)
  const options = { kernelWidth: 0.25, ridge: 1 }
  const explained = await box.explain('lime', { segmentation, samples: 400, ...options }, all(box))
  const { coalitions, values } = playsIn(explained)
  const full = coalitions.findIndex((z) => z.every((one) => one === 1))
  // The empty run is asked for, and is no sample.
  const samples = [...coalitions.keys()].filter((i) => i === full || i > 1)
  for (const [object, seen] of valuesIn(box, explained).entries()) {
    const plays = samples.map((i) => values[object]![i]!)
    close(
      seen,
      limeFit(
        samples.map((i) => coalitions[i]!),
        plays,
        options,
      ),
      1e-5,
    )
  }
}

async function limeOfAdditive(open: Open): Promise<void> {
  const box = await open(smallBoard, objects)
  const explained = await box.explain('lime', { segmentation, samples: 200, ridge: 0 }, { objects: [0] })
  close(valuesIn(box, explained)[0]!, truths[0]!, 1e-5)
  assert.ok(explained.attributions[0]!.fit!.r2! > 1 - 1e-6)
}
