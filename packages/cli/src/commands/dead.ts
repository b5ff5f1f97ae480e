import { type DeadLetter, type DeadLetterRow, InputError } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import { type Data, openData } from '../composition.ts'
import type { CommandContext } from '../context.ts'
import { escapeText, safeJson, shorten } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { plainTable } from '../results/table.ts'

/** `fanlight dead list` */
export async function listDead(
  context: CommandContext,
  { json, limit }: { json: boolean; limit: number },
): Promise<ExitCode> {
  await using data = await openData(context)
  const { rows, next } = await data.store.listDeadLetters({ limit })
  if (json) for (const row of rows) context.terminal.data(safeJson(row))
  else if (rows.length === 0) context.terminal.say('no message was given up')
  else context.terminal.data(table(rows))
  if (next !== undefined) context.terminal.say(`there are more: --limit ${2 * limit}`)
  return exitCodes.fine
}

/** `fanlight dead show LETTER` */
export async function showDead(context: CommandContext, id: string, { json }: { json: boolean }): Promise<ExitCode> {
  await using data = await openData(context)
  const letter = await letterNamed(data, id)
  if (json) context.terminal.data(safeJson(letter))
  else context.terminal.data(`${table([letter])}\n${plainTable(['', ''], facts(letter))}`)
  return exitCodes.fine
}

/** `fanlight dead replay LETTER…` */
export async function replayDead(context: CommandContext, ids: readonly string[]): Promise<ExitCode> {
  await using data = await openData(context)
  let idle = 0
  for (const id of ids) {
    const said = await replay(data, (await letterNamed(data, id)).id)
    if (said.isIdle) idle += 1
    context.terminal.say(`${id}: ${said.what}`)
  }
  return idle > 0 ? exitCodes.someInputsFailed : exitCodes.fine
}

async function replay(data: Data, id: string): Promise<{ what: string; isIdle: boolean }> {
  const replayed = await data.store.replayDeadLetter(id)
  switch (replayed.replay) {
    case 'publish':
      await data.bus.publish([replayed.message])
      return { what: `published again on ${replayed.message.topic}`, isIdle: false }
    case 'reopened':
      await sendOutbox(data, replayed)
      return { what: 'its explanation is opened anew', isIdle: false }
    case 'nothing':
      return { what: `nothing to do: ${replayed.why}`, isIdle: true }
  }
}

/** @throws InputError `NOT_FOUND` */
async function letterNamed({ store }: Data, start: string): Promise<DeadLetter> {
  const letter = await store.getDeadLetter(start)
  if (letter) return letter
  const { rows } = await store.listDeadLetters({ limit: 1000 })
  const [found, another] = rows.filter(({ id }) => start !== '' && id.startsWith(start))
  const whole = found && !another ? await store.getDeadLetter(found.id) : undefined
  if (whole) return whole
  const what = found ? 'more than one dead letter whose id starts with' : 'no dead letter'
  throw new InputError('NOT_FOUND', `there is ${what} ${JSON.stringify(start)}: see "fanlight dead list"`)
}

function table(letters: readonly DeadLetterRow[]): string {
  const rows = letters.map(({ id, topic, code, attempts, at, replays, error }) => [
    id,
    topic,
    code,
    String(attempts),
    String(replays),
    new Date(at).toISOString().slice(0, 19).replace('T', ' '),
    shorten(error, 60),
  ])
  return plainTable(['letter', 'topic', 'code', 'attempts', 'replays', 'given up (UTC)', 'error'], rows, [3, 4])
}

function facts(letter: DeadLetter): string[][] {
  const { project = 'unknown', key, headers, error, history, bodyBase64 } = letter
  const body = Buffer.from(bodyBase64, 'base64').toString('utf8')
  return [
    ['project', project],
    ['key', escapeText(key)],
    ['error', escapeText(error)],
    ...history.map(({ code, message }, index) => [`attempt ${index + 1}`, escapeText(`${code}: ${message}`)]),
    ...Object.entries(headers).map(([name, value]) => [escapeText(name), shorten(value, 200)]),
    ['body', shorten(body, 2000)],
  ]
}
