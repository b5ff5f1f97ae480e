import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { providers } from '@fanlight/detector'
import { driverVariables } from '@fanlight/drivers'
import { type Variables, wholeNumber } from '@fanlight/service-kit/config'
import { limitVariables } from '@fanlight/service-kit/limits'
import { z } from 'zod'

/** What `fanlight` on one machine asks for too. */
export const providerVariables = {
  FANLIGHT_PROVIDER: z.enum(providers).default('cpu').meta({
    about: 'what computes: cpu, cuda, tensorrt or webgpu; it ends at once where this machine lacks it',
    example: 'cuda',
  }),
} as const satisfies Variables

export const variables = {
  ...driverVariables,
  ...limitVariables,
  ...providerVariables,
  FANLIGHT_WORKERS: wholeNumber({ max: 256 }).optional().meta({
    about: 'how many sessions run at once; as many as there are cores by default, 2 at most off the CPU',
    example: '2',
  }),
  FANLIGHT_SESSIONS: wholeNumber({ max: 1024 }).optional().meta({
    about: 'how many detectors are kept loaded, each in a process of its own; two more than run at once by default',
    example: '4',
  }),
  FANLIGHT_SCRATCH: z
    .string()
    .default(join(tmpdir(), 'fanlight'))
    .meta({ about: 'a folder for detectors that were fetched', example: '/var/cache/fanlight' }),
} as const satisfies Variables
