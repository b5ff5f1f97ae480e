import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { ReductionName } from '@fanlight/contracts'
import { correlation } from '@fanlight/evaluate'
import { decodeNpy } from '@fanlight/image'
import { reductions } from '../src/index.ts'

// Maps that pytorch-grad-cam made from PyTorch's activations and gradients; bench/reference/README.md tells how they
// were recorded. Theirs are from before its ReLU.

const MIN_CORRELATION = 0.999

/** Ours, by pytorch-grad-cam's name. */
const names: Readonly<Record<string, ReductionName>> = {
  'grad-cam': 'grad-cam',
  'grad-cam++': 'grad-cam-plus-plus',
  'hires-cam': 'hires-cam',
  'layer-cam': 'layer-cam',
  'xgrad-cam': 'xgrad-cam',
  'eigen-cam': 'eigen-cam',
}
/** Those that keep the sign here too. */
const signed: ReadonlySet<ReductionName> = new Set(['hires-cam', 'xgrad-cam'])

type Files = Readonly<Record<string, string>>

interface Reference {
  readonly activations: Files
  readonly cases: readonly {
    readonly gradients: Files
    readonly cams?: readonly { readonly method: string; readonly layer: string; readonly raw: string }[]
  }[]
}

for (const network of ['yolov8-like', 'resnet-like']) {
  test(`${network}: maps are those of pytorch-grad-cam`, async (t) => {
    const folder = new URL(`../../../bench/reference/fixtures/${network}/`, import.meta.url)
    const array = async (file: string) => decodeNpy(await readFile(new URL(file, folder)))
    const { activations, cases } = JSON.parse(await readFile(new URL('reference.json', folder), 'utf8')) as Reference
    let compared = 0
    for (const { gradients, cams = [] } of cases) {
      for (const { method, layer, raw } of cams) {
        const name = names[method]!
        const activation = await array(activations[layer]!)
        const gradient = await array(gradients[layer]!)
        const [channels, height, width] = activation.shape.slice(-3) as [number, number, number]
        const map = reductions[name]({
          activation: activation.data,
          gradient: gradient.data,
          channels,
          height,
          width,
        })
        const { data } = await array(raw)
        const agreement = bestCorrelation(name, map, data)
        assert.ok(agreement >= MIN_CORRELATION, `${method} at ${layer}: ${agreement}`)
        t.diagnostic(`${method} at ${layer}: 1 − ${(1 - agreement).toExponential(1)}`)
        compared++
      }
    }
    assert.equal(compared, 12)
  })
}

/** With theirs as we give it: rectified but for `signed`, and EigenCAM's of either sign, which is numpy's choice. */
function bestCorrelation(name: ReductionName, ours: Float32Array, theirs: Float32Array): number {
  if (signed.has(name)) return correlation(ours, theirs) ?? 0
  const signs = name === 'eigen-cam' ? [1, -1] : [1]
  const rectified = (sign: number) => theirs.map((value) => Math.max(0, sign * value))
  return Math.max(...signs.map((sign) => correlation(ours, rectified(sign)) ?? 0))
}
