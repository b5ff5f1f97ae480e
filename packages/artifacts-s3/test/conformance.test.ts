import { after, test } from 'node:test'
import { testArtifactStore } from '@fanlight/conformance'
import { peerFor } from '@fanlight/peers'
import { Bucket } from './bucket.ts'

const peer = await peerFor('s3')
if ('missing' in peer) test('S3 artifacts', (t) => t.skip(peer.missing))
else {
  after(() => peer[Symbol.asyncDispose]())
  testArtifactStore('S3', async () => {
    const bucket = await Bucket.make(peer)
    return {
      store: bucket.artifacts({ prefix: 'artifacts/' }),
      damage: (key, bytes) => bucket.write(`artifacts/${key.slice(0, 2)}/${key}`, bytes),
      [Symbol.asyncDispose]: () => bucket[Symbol.asyncDispose](),
    }
  })
}
