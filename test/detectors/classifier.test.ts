import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { decodeNpy } from '@fanlight/image/npy'
import { plainPhoto, QUADRANT_GAIN, QUADRANTS, quadrantClassifier } from '../../packages/detector/test/synthetic.ts'
import { Scratch } from '../e2e/fanlight.ts'

const SIDE = 64
const DARK = 51
const BRIGHT = QUADRANTS.indexOf('lower left')

interface Row {
  readonly target: { readonly box: readonly number[]; readonly label: string; readonly score: number }
  readonly map: { readonly path: string }
}

/** Dark, but for the lower left quadrant; the rows of a BMP begin at the bottom. */
function photo(): Uint8Array {
  const bytes = plainPhoto(DARK, SIDE)
  for (let row = 0; row < SIDE / 2; row++) bytes.fill(255, 54 + row * SIDE * 3, 54 + (row + 0.5) * SIDE * 3)
  return bytes
}

/** The map's sum over each quadrant. */
function sums(values: Float32Array, [rows, columns]: readonly number[]): number[] {
  const total = [0, 0, 0, 0]
  for (const [i, value] of values.entries()) {
    const [row, column] = [Math.floor(i / columns!), i % columns!]
    total[2 * Number(row >= rows! / 2) + Number(column >= columns! / 2)]! += value
  }
  return total
}

test('a classifier’s classes are explained over the whole photo: why this one, and why not the others', async () => {
  await using scratch = await Scratch.make()
  await writeFile(scratch.path('quadrants.onnx'), quadrantClassifier())
  await writeFile(scratch.path('photo.bmp'), photo())
  const options = ['--method', 'drise', '--forwards', '302', '--min-score', '0.0001', '--workers', '1', '--out', 'out']
  const { code, stderr } = await scratch.run(['explain', 'photo.bmp', '--model', 'quadrants.onnx', ...options])
  assert.equal(code, 0, stderr)
  const rows = await scratch.lines<Row>('out', 'attributions.ndjson')
  assert.deepEqual(rows.map(({ target }) => target.label).toSorted(), QUADRANTS.toSorted())
  const power = (brightness: number) => Math.exp((QUADRANT_GAIN * brightness) / 255)
  for (const { target, map } of rows) {
    assert.deepEqual(target.box, [0, 0, SIDE, SIDE])
    const isBright = target.label === QUADRANTS[BRIGHT]
    const expected = power(isBright ? 255 : DARK) / (power(255) + 3 * power(DARK))
    assert.ok(Math.abs(target.score - expected) < 1e-5, `${target.label} ${target.score}, not ${expected}`)
    const { data, shape } = decodeNpy(await readFile(scratch.path('out', map.path)))
    const evidence = sums(data, shape)
    const extreme = isBright ? Math.max(...evidence) : Math.min(...evidence)
    assert.equal(evidence.indexOf(extreme), BRIGHT, `${target.label}: ${evidence}`)
  }
})
