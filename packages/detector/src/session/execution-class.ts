import { readFileSync } from 'node:fs'
import { arch, cpus, platform } from 'node:os'
import { env } from 'onnxruntime-node'
import type { Provider } from '../provider.ts'
import { deviceOf } from './device.ts'

/** The extensions that onnxruntime's CPU kernels choose between. */
const EXTENSIONS = [
  'avx',
  'avx2',
  'fma',
  'avx512f',
  'avx512bw',
  'avx512vl',
  'avx512_vnni',
  'avx_vnni',
  'amx_tile',
  'asimd',
  'asimddp',
  'i8mm',
  'sve',
]

/**
 * What the last bits of a value depend on: provider, onnxruntime's version, platform, device and driver, instruction
 * set (nodes that a provider lacks run on the CPU), batch size.
 * Such as `cpu;onnxruntime-node 1.30.0;linux-x64;avx,avx2,fma;batch 1`.
 */
export function executionClass(provider: Provider, batch: number): string {
  const version = env.versions.node ?? env.versions.common
  const device = provider === 'cpu' ? [] : [deviceOf(provider)]
  const parts = [`onnxruntime-node ${version}`, `${platform()}-${arch()}`, ...device, instructionSet()]
  return [provider, ...parts, `batch ${batch}`].join(';')
}

function instructionSet(): string {
  const flags = cpuFlags()
  if (!flags) return cpus()[0]?.model ?? 'unknown cpu'
  return EXTENSIONS.filter((extension) => flags.has(extension)).join(',') || 'baseline'
}

/** As Linux lists them; undefined elsewhere. */
function cpuFlags(): ReadonlySet<string> | undefined {
  try {
    const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))
    return line ? new Set(line[1]!.split(/\s+/)) : undefined
  } catch {
    return undefined
  }
}
