// A process of its own that writes to a store as fast as it can and says what was acknowledged.
import { encodeFloat32, itemId, sha256, shardRef } from '@fanlight/contracts'
import { systemClock } from '@fanlight/ports'
import { openStore } from '@fanlight/store'
import { explanationOf, image, jobSpec } from './writing.ts'

const [folder, round] = process.argv.slice(2)
const store = await openStore({ folder: folder!, clock: systemClock })
const job = `round ${round}`
await store.createJob({ project: 'local', id: job, name: job, spec: jobSpec })
await store.renewLease('writer', 60_000)
for (let i = 0; ; i++) {
  const name = `${round}/${i}.jpg`
  await store.addItems('local', job, [{ id: itemId(job, name), name, image: image(name), slice: {} }])
  const [claim] = await store.claimItems('writer', 1)
  const explanation = explanationOf(claim!)
  await store.openExplanation(claim!, explanation)
  const plan = Array.from({ length: 21 }, (_, shard) => shard)
  const question = { kind: 'detect', minScore: 0.3, maxDetections: 10 } as const
  const messages = () => [{ topic: 'questions.bulk', key: name, body: '{}' }]
  await store.askQuestion({
    project: 'local',
    explanation: explanation.id,
    ordinal: 0,
    hash: sha256(name),
    question,
    plan,
    messages,
  })
  for (let shard = 0; shard < 20; shard++) {
    const answer = { kind: 'score', values: encodeFloat32(Float32Array.of(i, shard)) } as const
    const cut = { project: 'local', explanation: explanation.id, ordinal: 0, hash: sha256(name), plan }
    const ref = shardRef(cut, shard)
    await store.startShard(ref)
    await store.storeAnswer(ref, { ok: true, answer, executionClass: 'cpu' }, { forwards: 1, durationMs: 1 })
    process.send?.({ explanation: explanation.id, item: claim!.item, job, shard, values: answer.values })
  }
}
