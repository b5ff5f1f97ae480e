import { driverVariables } from '@fanlight/drivers'
import { type Variables, wholeNumber } from '@fanlight/service-kit/config'
import { imageLimitVariables } from '@fanlight/service-kit/limits'
import { z } from 'zod'

export const variables = {
  ...driverVariables,
  ...imageLimitVariables,
  FANLIGHT_PROJECT: z.string().default('local').meta({ about: 'the project whose jobs are served', example: 'local' }),
  FANLIGHT_HOST: z
    .string()
    .default('0.0.0.0')
    .meta({ about: 'the address that the API is served at', example: '0.0.0.0' }),
  FANLIGHT_PORT: wholeNumber({ min: 0, max: 65_535 })
    .default(8080)
    .meta({ about: 'the port of the API and the dashboard; 0 takes a free one', example: '8080' }),
  FANLIGHT_ALLOWED_HOSTS: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((host) => host.trim() || []))
    .meta({
      about: 'host names by which the API may be addressed, beside localhost, with commas between them',
      example: 'fanlight.example.com,gateway',
    }),
  FANLIGHT_MAX_WAITING_LIVE: wholeNumber()
    .default(100)
    .meta({ about: 'live explanations that may wait before further ones are answered 429', example: '100' }),
  FANLIGHT_ALLOW_FILES: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .meta({
      about:
        'whether those who ask may name images that are files of the servers: true where all of them see the same folders and only friends ask',
      example: 'false',
    }),
} as const satisfies Variables
