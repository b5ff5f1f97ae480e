import { driverVariables } from '@fanlight/drivers'
import { type Variables, wholeNumber } from '@fanlight/service-kit/config'
import { limitVariables } from '@fanlight/service-kit/limits'

export const variables = {
  ...driverVariables,
  FANLIGHT_MAX_IMAGE_BYTES: limitVariables.FANLIGHT_MAX_IMAGE_BYTES,
  FANLIGHT_SOURCES: wholeNumber({ max: 64 })
    .default(4)
    .meta({ about: 'how many sources are listed at once', example: '4' }),
} as const satisfies Variables
