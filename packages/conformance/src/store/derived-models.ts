import assert from 'node:assert/strict'
import { sha256 } from '@fanlight/contracts'
import type { Clause } from '../store.ts'

const KEY = sha256('a detector and its taps')

export function derivedModelClauses(clause: Clause): void {
  clause('S50 knows the artifact of a derived model under its key alone', async ({ store }) => {
    assert.equal(await store.getDerivedModel(KEY), undefined)
    for (let repeat = 0; repeat < 2; repeat++) await store.putDerivedModel(KEY, sha256('model'))
    assert.equal(await store.getDerivedModel(KEY), sha256('model'))
    assert.equal(await store.getDerivedModel(sha256('another')), undefined)
    await assert.rejects(store.putDerivedModel('a\0', sha256('model')), { code: 'MESSAGE_INVALID' })
  })

  clause('S50 takes the last artifact for the one that holds, and refers to no other', async ({ store }) => {
    for (const made of ['first', 'second']) await store.putDerivedModel(KEY, sha256(made))
    assert.equal(await store.getDerivedModel(KEY), sha256('second'))
    assert.deepEqual(await store.referencedArtifacts(), new Set([sha256('second')]))
  })

  clause('S50 makes garbage of derived models that were put long ago', async ({ store, clock }) => {
    await store.putDerivedModel('old', sha256('old'))
    await store.putDerivedModel('again', sha256('again'))
    clock.advance(100)
    await store.putDerivedModel('again', sha256('again'))
    await store.collectGarbage(101)
    assert.equal(await store.getDerivedModel('old'), sha256('old'))
    await store.collectGarbage(100)
    assert.equal(await store.getDerivedModel('old'), undefined)
    assert.deepEqual(await store.referencedArtifacts(), new Set([sha256('again')]))
  })
}
