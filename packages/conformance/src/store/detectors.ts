import assert from 'node:assert/strict'
import { type DetectorRef, sha256 } from '@fanlight/contracts'
import type { Clause } from '../store.ts'
import { claimOne, jobSpec, P, startJob } from './scene.ts'

const detector = (id: string, name = id): DetectorRef => ({
  ...jobSpec().detector,
  id: sha256(id),
  name,
  sha256: sha256(`file of ${id}`),
})

export function detectorClauses(clause: Clause): void {
  clause('S41 registers a detector under its id, for its project alone', async ({ store }) => {
    assert.equal(await store.getDetector(P, detector('a').id), undefined)
    for (let repeat = 0; repeat < 2; repeat++) await store.putDetector(P, detector('a'))
    assert.deepEqual(await store.getDetector(P, detector('a').id), detector('a'))
    assert.equal(await store.getDetector('other', detector('a').id), undefined)
    assert.deepEqual(await store.listDetectors('other', { limit: 9 }), { rows: [], next: undefined })
    await assert.rejects(store.putDetector(P, { ...detector('a'), id: 'a\0' }), { code: 'MESSAGE_INVALID' })
  })

  clause('S41 takes over the name and place of a detector that is there; jobs keep their own', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    await store.putDetector(P, jobSpec().detector)
    const moved = { ...jobSpec().detector, name: 'renamed\0', uri: '/moved/yolo.onnx' }
    await store.putDetector(P, moved)
    assert.deepEqual(await store.getDetector(P, moved.id), { ...moved, name: 'renamed␀' })
    assert.deepEqual((await claimOne(stage)).spec.detector, jobSpec().detector)
  })

  clause('S41 registers the detector of a job with it', async ({ store }) => {
    const moved = { ...jobSpec().detector, uri: '/moved/yolo.onnx' }
    for (const ref of [jobSpec().detector, moved]) {
      await store.createJob({ project: P, id: 'a', name: 'a', spec: { ...jobSpec(), detector: ref } })
      assert.deepEqual(await store.getDetector(P, ref.id), ref)
    }
  })

  clause('S41 lists detectors by name, in pages', async ({ store }) => {
    const registered = [detector('3', 'b'), detector('1', '\u{1f600}'), detector('2', '\uffff'), detector('4', 'a')]
    for (const ref of registered) await store.putDetector(P, ref)
    const names: string[] = []
    let after: string | undefined
    do {
      const { rows, next } = await store.listDetectors(P, { after, limit: 3 })
      names.push(...rows.map(({ name }) => name))
      after = next
    } while (after !== undefined)
    assert.deepEqual(names, ['a', 'b', '\uffff', '\u{1f600}'])
    await assert.rejects(store.listDetectors(P, { after: 'x', limit: 3 }), { code: 'USAGE' })
  })

  clause('S36 refers to the files of registered detectors', async ({ store }) => {
    await store.putDetector(P, detector('a'))
    assert.deepEqual(await store.referencedArtifacts(), new Set([detector('a').sha256]))
  })
}
