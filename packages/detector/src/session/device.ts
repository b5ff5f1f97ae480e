import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Provider } from '../provider.ts'

/**
 * The devices and drivers of this machine that a provider may run on: onnxruntime does not say which one it took. To
 * be asked when a session is open, which is when a software driver's compiler is loaded. At most 120 characters.
 */
export function deviceOf(provider: Provider): string {
  const nvidia = nvidiaDevices()
  const known = nvidia.length > 0 || provider !== 'webgpu' ? nvidia : [...pciDevices(), ...compilers()]
  return (
    known
      .join(', ')
      .replace(/[^ -:<-~]/g, '?')
      .slice(0, 120) || 'unknown device'
  )
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function nvidiaDevices(): readonly string[] {
  const driver = /Kernel Module.*?\s(\d+[\d.]+)/.exec(textOf('/proc/driver/nvidia/version'))?.[1]
  const paths = globSync('/proc/driver/nvidia/gpus/*/information').sort()
  const models = new Set(paths.flatMap((path) => /^Model:\s*(.+)$/m.exec(textOf(path))?.[1]?.trim() ?? []))
  return [...models, ...(driver ? [`driver ${driver}`] : [])]
}

/** Such as `0x8086:0x9a49`; without a GPU, `software`. */
function pciDevices(): readonly string[] {
  const ids = globSync('/sys/class/drm/renderD*/device').map((folder) =>
    ['vendor', 'device'].map((part) => textOf(join(folder, part)).trim()).join(':'),
  )
  return ids.length > 0 ? [...new Set(ids)].sort() : ['software']
}

/** Which a software driver turns shaders into instructions with. */
function compilers(): readonly string[] {
  const files = textOf('/proc/self/maps').matchAll(/\s(\/\S*\/libLLVM\S*)$/gm)
  return [...new Set([...files].map(([, path]) => basename(path!)))].sort()
}
