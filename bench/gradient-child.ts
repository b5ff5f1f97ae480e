// The most memory that a process of one network and one run of it ever has, in bytes.

import { readFile } from 'node:fs/promises'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { product, SESSION } from './gradient-networks.ts'

const session = await InferenceSession.create(process.argv[2]!, SESSION)
const feeds = session.inputMetadata.map((input) => {
  const dims = input.isTensor ? input.shape.map((side) => (typeof side === 'number' ? side : 1)) : []
  return [input.name, new Tensor('float32', new Float32Array(product(dims)).fill(0.5), dims)] as const
})
await session.run(Object.fromEntries(feeds))
// What resourceUsage() tells is the parent's size, where that is larger.
const status = await readFile('/proc/self/status', 'utf8')
console.log(Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) * 1024)
