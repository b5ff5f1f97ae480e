// What run.test.ts runs: a service that does nothing, well or badly.

import { setTimeout as sleep } from 'node:timers/promises'
import { InputError, TransientError } from '@fanlight/ports'
import { wholeNumber } from '@fanlight/service-kit/config'
import { runService } from '@fanlight/service-kit/run'
import { z } from 'zod'

let failures = 0

await runService(
  'sample',
  {
    SAMPLE_COUNT: wholeNumber({ max: 9 }).meta({ about: 'how many', example: '3' }),
    SAMPLE_FAILURES: wholeNumber({ min: 0 }).default(0),
    SAMPLE_DRAIN_MS: wholeNumber({ min: 0 }).default(0),
    SAMPLE_UNREADY: z.string().optional(),
  },
  async ({ config, resources }) => {
    if (config.SAMPLE_COUNT === 9) throw new InputError('USAGE', 'nine is too many')
    if (failures++ < config.SAMPLE_FAILURES) throw new TransientError('BUS_UNAVAILABLE', 'not yet')
    resources.defer(() => sleep(config.SAMPLE_DRAIN_MS))
    const pantry = async () => {
      if (config.SAMPLE_UNREADY) throw new Error('the pantry is empty')
    }
    return { pantry }
  },
)
