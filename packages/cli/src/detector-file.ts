import type { DetectorFile, InsideViewerOptions } from '@fanlight/inspect'
import type { CommandContext } from './context.ts'
import { Models } from './models.ts'

/** The detector that a command names, with how it is read. @throws InputError `MODEL_*`, `NOT_A_FILE` */
export async function detectorFile(
  context: CommandContext,
  { model, family }: { readonly model: string; readonly family?: string },
): Promise<{
  readonly name: string
  readonly detector: DetectorFile & { readonly file: { readonly sha256: string } }
}> {
  const { name, uri, sha256, descriptor } = await new Models(context).resolve(model, family)
  return { name, detector: { file: { path: uri, sha256 }, descriptor } }
}

export function insideLimits({ limits }: CommandContext): InsideViewerOptions {
  const { loadTimeoutMs, shardTimeoutMs, maxResidentBytes, maxModelBytes, decodeLimits } = limits
  return { loadTimeoutMs, timeoutMs: 2 * shardTimeoutMs, maxResidentBytes, maxModelBytes, decodeLimits }
}
