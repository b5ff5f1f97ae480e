import { exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** One Ctrl-C can arrive twice: from the terminal, and from an npm or a launcher that passes it on. */
const SAME_PRESS_MS = 400

/** Progress bars hide the cursor, and nothing else brings it back. */
const SHOW_CURSOR = '\u001b[?25h'

/** Aborts at the first SIGINT or SIGTERM; the second ends this process at once, and its children with it. */
export function interruptSignal({ say, err, isLive }: Pick<Terminal, 'say' | 'err' | 'isLive'>): AbortSignal {
  const controller = new AbortController()
  let firstAt = 0
  const interrupt = () => {
    if (!controller.signal.aborted) {
      firstAt = performance.now()
      say('stopping; once more ends at once')
      controller.abort()
    } else if (performance.now() - firstAt > SAME_PRESS_MS) {
      if (isLive) err.write(SHOW_CURSOR)
      process.exit(exitCodes.interrupted)
    }
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return controller.signal
}
