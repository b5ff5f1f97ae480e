import { type Config, readConfig, type Variables, wholeNumber } from './config.ts'

/** What a hostile image may cost. */
export const imageLimitVariables = {
  FANLIGHT_MAX_IMAGE_BYTES: wholeNumber()
    .default(128 * 2 ** 20)
    .meta({ about: 'the most bytes of an image file', example: '134217728' }),
  FANLIGHT_MAX_IMAGE_PIXELS: wholeNumber()
    .default(40_000_000)
    .meta({ about: 'the most pixels of an image, checked before it is decoded', example: '40000000' }),
  FANLIGHT_LOAD_TIMEOUT_MS: wholeNumber()
    .default(60_000)
    .meta({ about: 'how long a child process may take to start, and to load a detector, in ms', example: '60000' }),
} as const satisfies Variables

/** What hostile input may cost. */
export const limitVariables = {
  ...imageLimitVariables,
  FANLIGHT_MAX_MODEL_BYTES: wholeNumber()
    .default(512 * 2 ** 20)
    .meta({ about: 'the most bytes of an ONNX file', example: '536870912' }),
  FANLIGHT_SHARD_TIMEOUT_MS: wholeNumber()
    .default(60_000)
    .meta({ about: 'how long a slice of a question may take, in ms', example: '60000' }),
  FANLIGHT_MAX_RESIDENT_BYTES: wholeNumber()
    .optional()
    .meta({ about: 'the most memory of a child process that holds a detector', example: '4294967296' }),
} as const satisfies Variables

export interface ImageLimits {
  readonly maxImageBytes: number
  readonly decodeLimits: { readonly maxPixels: number; readonly maxBytes: number }
  readonly loadTimeoutMs: number
}

export interface Limits extends ImageLimits {
  readonly maxModelBytes: number
  readonly shardTimeoutMs: number
  /** Resident size of a child; undefined leaves it to the size of the machine. */
  readonly maxResidentBytes: number | undefined
}

export function imageLimitsOf(config: Config<typeof imageLimitVariables>): ImageLimits {
  const maxImageBytes = config.FANLIGHT_MAX_IMAGE_BYTES
  return {
    maxImageBytes,
    decodeLimits: { maxPixels: config.FANLIGHT_MAX_IMAGE_PIXELS, maxBytes: maxImageBytes },
    loadTimeoutMs: config.FANLIGHT_LOAD_TIMEOUT_MS,
  }
}

export function limitsOf(config: Config<typeof limitVariables>): Limits {
  return {
    ...imageLimitsOf(config),
    maxModelBytes: config.FANLIGHT_MAX_MODEL_BYTES,
    shardTimeoutMs: config.FANLIGHT_SHARD_TIMEOUT_MS,
    maxResidentBytes: config.FANLIGHT_MAX_RESIDENT_BYTES,
  }
}

/** @throws InputError `CONFIGURATION_INVALID` when a variable is no whole number above 0 */
export const readLimits = (env: NodeJS.ProcessEnv): Limits => limitsOf(readConfig(env, limitVariables))
