import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Provider } from '../provider.ts'

/**
 * The device and driver that a provider runs on, as far as this machine tells: onnxruntime does not. To be asked when a
 * session is open, which is when drivers are loaded. At most 120 characters, none of them `;`.
 */
export function deviceOf(provider: Provider): string {
  const nvidia = nvidiaDriver()
  const drivers = provider === 'webgpu' ? loadedVulkanDrivers() : []
  const known = [...(provider === 'webgpu' ? drivers : nvidiaModels()), ...(nvidia ? [`NVIDIA ${nvidia}`] : [])]
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

const nvidiaDriver = (): string | undefined =>
  /Kernel Module.*?\s(\d+[\d.]+)/.exec(textOf('/proc/driver/nvidia/version'))?.[1]

function nvidiaModels(): readonly string[] {
  const paths = globSync('/proc/driver/nvidia/gpus/*/information').sort()
  const models = paths.flatMap((path) => /^Model:\s*(.+)$/m.exec(textOf(path))?.[1]?.trim() ?? [])
  return [...new Set(models)]
}

/** Vulkan's loader keeps loaded only what has a device. */
function loadedVulkanDrivers(): readonly string[] {
  const files = textOf('/proc/self/maps').matchAll(
    /\s(\/\S*(?:libvulkan_\w+|libGLX_nvidia|libnvidia-vulkan\S*)\.so\S*)$/gm,
  )
  return [...new Set([...files].map(([, path]) => basename(path!)))].sort()
}
