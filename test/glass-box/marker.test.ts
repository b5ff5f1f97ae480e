import { test } from 'node:test'
import { markedObjects, markerFound } from './focus-checks.ts'
import { largeBoard, marked, strangely } from './markers.ts'
import { openedGlassBox } from './opened.ts'

// Of markers that no sigmoid of a sum fits, those of a tenth or a fifth of the evidence are not always found, and those of
// a third are the hardest that are.
const owed = [...marked, ...strangely.filter(({ share }) => share > 0.3 && share < 0.4)]

for (const each of owed) {
  const { name, share } = each
  test(`focus at its default budget gives a marker its share: ${name}`, async (t) => {
    const seen = await markerFound(
      await openedGlassBox(largeBoard, markedObjects),
      [...marked, ...strangely].indexOf(each),
    )
    t.diagnostic(`${seen.toFixed(4)} of ${share.toFixed(4)}`)
  })
}

test('objects explained beside it, one of whose boxes lies over the marker, take nothing from it', async (t) => {
  const box = await openedGlassBox(largeBoard, markedObjects)
  const thirds = [...marked.keys()].filter((object) => marked[object]!.share > 0.3 && marked[object]!.share < 0.4)
  for (const [i, object] of thirds.entries()) {
    const seen = await markerFound(box, object, thirds.toSpliced(i, 1))
    t.diagnostic(`${seen.toFixed(4)} of ${marked[object]!.share.toFixed(4)}`)
  }
})
