import { HttpProblem } from './problem.ts'

export const BODY_BYTES = 16 * 1024

export const tooLarge = (maxImageBytes: number): HttpProblem =>
  new HttpProblem(
    413,
    `An image may have ${maxImageBytes} bytes (FANLIGHT_MAX_IMAGE_BYTES), and what is said about it ${BODY_BYTES}`,
  )

/** For bodies of any kind that is not taken. */
export const noImage = (): HttpProblem =>
  new HttpProblem(415, 'Send an image: as image/jpeg and the like, in a form, or as JSON that says where it is')
