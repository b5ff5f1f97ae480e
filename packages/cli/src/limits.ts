import { InputError } from '@fanlight/ports'

/** What hostile input may cost. Every limit is a variable of the environment. */
export interface Limits {
  readonly maxImageBytes: number
  readonly decodeLimits: { readonly maxPixels: number; readonly maxBytes: number }
  readonly maxModelBytes: number
  readonly shardTimeoutMs: number
  readonly loadTimeoutMs: number
  /** Resident size of a child; undefined leaves it to the size of the machine. */
  readonly maxResidentBytes: number | undefined
}

/** @throws InputError `USAGE` when a variable is no positive whole number */
export function readLimits(env: NodeJS.ProcessEnv): Limits {
  const maxImageBytes = positive(env, 'FANLIGHT_MAX_IMAGE_BYTES') ?? 128 * 2 ** 20
  const maxPixels = positive(env, 'FANLIGHT_MAX_IMAGE_PIXELS') ?? 40_000_000
  return {
    maxImageBytes,
    decodeLimits: { maxPixels, maxBytes: maxImageBytes },
    maxModelBytes: positive(env, 'FANLIGHT_MAX_MODEL_BYTES') ?? 512 * 2 ** 20,
    shardTimeoutMs: positive(env, 'FANLIGHT_SHARD_TIMEOUT_MS') ?? 60_000,
    loadTimeoutMs: positive(env, 'FANLIGHT_LOAD_TIMEOUT_MS') ?? 60_000,
    maxResidentBytes: positive(env, 'FANLIGHT_MAX_RESIDENT_BYTES'),
  }
}

function positive(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = env[name]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InputError('USAGE', `${name} is ${JSON.stringify(text)}: give it a whole number above 0, or unset it`)
}
