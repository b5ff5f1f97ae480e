import { exitCodes } from './exit-codes.ts'

/** One Ctrl-C can arrive twice: from the terminal, and from an npm or a launcher that passes it on. */
const SAME_PRESS_MS = 400

/** Aborts at the first SIGINT or SIGTERM; the second ends this process at once, and its children with it. */
export function interruptSignal(say: (line: string) => void): AbortSignal {
  const controller = new AbortController()
  let firstAt = 0
  const interrupt = () => {
    if (!controller.signal.aborted) {
      firstAt = performance.now()
      say('stopping; once more ends at once')
      controller.abort()
    } else if (performance.now() - firstAt > SAME_PRESS_MS) process.exit(exitCodes.interrupted)
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return controller.signal
}
