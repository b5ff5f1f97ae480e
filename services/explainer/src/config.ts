import { driverVariables } from '@fanlight/drivers'
import { type Variables, wholeNumber } from '@fanlight/service-kit/config'

export const variables = {
  ...driverVariables,
  FANLIGHT_MAX_OPEN_ITEMS: wholeNumber({ max: 10_000 }).default(8).meta({
    about:
      'how many photos are worked on at once, and as many again that somebody waits for: what bounds the bus. Some more than there are sessions to answer',
    example: '8',
  }),
} as const satisfies Variables
