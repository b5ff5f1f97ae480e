import { test } from 'node:test'
import { markedObjects, markerFound } from './checks.ts'
import { largeBoard, marked } from './markers.ts'
import { openedGlassBox } from './opened.ts'

for (const [object, { name, share }] of marked.entries()) {
  test(`focus at its default budget gives a marker its share: ${name}`, async (t) => {
    const found = await markerFound(await openedGlassBox(largeBoard, markedObjects), object)
    t.diagnostic(`${found.toFixed(4)} of ${share.toFixed(4)}`)
  })
}
