import { openFanlight } from '../composition.ts'
import type { CommandContext } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { ExplainOptions } from '../explain-request.ts'
import { samplePhotos } from '../sample.ts'
import { startServing, untilAborted } from '../serving.ts'
import { prepare, runRequest } from './explain.ts'

export interface StartOptions {
  readonly once: boolean
  readonly port: number
}

/** `fanlight start`: explains the sample photos before the reader's eyes, then serves the dashboard. */
export async function start(
  context: CommandContext,
  explain: ExplainOptions,
  { once, port }: StartOptions,
): Promise<ExitCode> {
  const { terminal, signal } = context
  const request = await prepare(context, samplePhotos(), explain)
  const trouble = Promise.withResolvers<never>()
  trouble.promise.catch(() => {})
  await using fanlight = await openFanlight({ ...context, workers: explain.workers, onTrouble: trouble.reject })
  await using serving = once ? undefined : await startServing(context, fanlight, { port })
  if (serving) {
    await fanlight.announce(serving.url)
    terminal.say(`dashboard: ${serving.url}`)
  }
  const code = await runRequest(context, fanlight, request, { ...explain, trouble: trouble.promise })
  if (!serving || code === exitCodes.interrupted) return code
  terminal.say(`dashboard: ${serving.url} (until Ctrl-C)`)
  await untilAborted(signal)
  return exitCodes.fine
}
