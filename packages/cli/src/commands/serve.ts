import { openFanlight } from '../composition.ts'
import type { CommandContext } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { startServing, untilAborted } from '../serving.ts'
import { troubleTeller } from '../troubles.ts'

export interface ServeOptions {
  readonly port: number
  readonly host?: string
  readonly workers?: number
}

/** `fanlight serve`: the dashboard, and work on whatever jobs are running. */
export async function serve(context: CommandContext, { port, host, workers }: ServeOptions): Promise<ExitCode> {
  const { terminal, signal } = context
  const onTrouble = troubleTeller((line) => terminal.say(line))
  await using fanlight = await openFanlight({ ...context, workers, onTrouble })
  await using serving = await startServing(context, fanlight, { port, host })
  await fanlight.announce(serving.url)
  terminal.data(serving.url)
  terminal.say('the dashboard is there until Ctrl-C')
  await untilAborted(signal)
  return exitCodes.fine
}
