import { InferenceSession, Tensor } from 'onnxruntime-node'

const session = await InferenceSession.create(process.argv[2]!, {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  extra: { session: { intra_op: { allow_spinning: '0' } } },
})
const [input] = session.inputMetadata
if (!input?.isTensor) throw new Error('the model has no tensor input')
const shape = input.shape.map((side) => (typeof side === 'number' ? side : 1))
const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).map((_, i) => (i * 7919) % 256)
const feeds = { [session.inputNames[0]!]: new Tensor('float32', data, shape) }
await session.run(feeds)

process.on('message', async (durationMs: number) => {
  const start = performance.now()
  let forwards = 0
  while (performance.now() - start < durationMs) {
    await session.run(feeds)
    forwards += 1
  }
  process.send?.((forwards * 1000) / (performance.now() - start))
})
process.on('disconnect', () => process.exit(0))
