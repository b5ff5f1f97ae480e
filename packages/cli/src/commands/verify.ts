import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Sha256, sha256 } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { z } from 'zod'
import { type Data, openData } from '../composition.ts'
import type { CommandContext } from '../context.ts'
import { safeJson } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Verdict, verifyExplanation } from '../verify-explanation.ts'

const Line = z.object({
  explanation: Sha256,
  target: z.object({ id: Sha256 }),
  map: z.object({ path: z.string() }),
})
type Line = z.infer<typeof Line>

/** `fanlight verify DIR|EXPLANATION…`: makes maps again from their transcripts and compares them byte by byte. */
export async function verify(
  context: CommandContext,
  named: readonly string[],
  { json }: { json: boolean },
): Promise<ExitCode> {
  const { terminal, signal } = context
  await using data = await openData(context)
  let different = 0
  let checked = 0
  for (const name of named) {
    for await (const verdict of Sha256.safeParse(name).success ? one(data, name) : folder(data, name)) {
      signal.throwIfAborted()
      checked++
      if (!verdict.same) different++
      if (json) terminal.data(safeJson(verdict))
      else if (!verdict.same) terminal.say(`${verdict.explanation}: ${verdict.problem}`)
    }
  }
  terminal.say(`${checked - different} of ${checked} explanations made again, byte for byte the same`)
  return different > 0 ? exitCodes.found : exitCodes.fine
}

async function* one(data: Data, explanation: string): AsyncGenerator<Verdict> {
  yield await verifyExplanation(data, explanation)
}

/** The explanations that a results folder names, and that its maps are theirs. */
async function* folder(data: Data, path: string): AsyncGenerator<Verdict> {
  const lines = await readLines(path)
  for (const [explanation, rows] of Map.groupBy(lines, (line) => line.explanation)) {
    const verdict = await verifyExplanation(data, explanation)
    yield verdict.same ? await compareFiles(path, verdict, rows) : verdict
  }
}

async function compareFiles(
  folder: string,
  verdict: Verdict & { same: true },
  rows: readonly Line[],
): Promise<Verdict> {
  for (const { target, map } of rows) {
    const bytes = await readFile(join(folder, map.path)).catch(() => undefined)
    const { explanation } = verdict
    if (bytes === undefined) return { explanation, same: false, problem: `${map.path} cannot be read` }
    if (sha256(bytes) !== verdict.maps.get(target.id))
      return { explanation, same: false, problem: `${map.path} holds another map` }
  }
  return verdict
}

async function readLines(path: string): Promise<Line[]> {
  const info = await stat(path).catch(() => undefined)
  const file = info?.isDirectory() ? join(path, 'attributions.ndjson') : path
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new InputError(
      'INPUT_NOT_FOUND',
      `${file}: ${cause.message}. Name a results folder, or an explanation's id`,
      { cause },
    )
  })
  try {
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => Line.parse(JSON.parse(line)))
  } catch (cause) {
    throw new InputError('USAGE', `${file} is no attributions.ndjson: name a folder that "fanlight explain" wrote`, {
      cause,
    })
  }
}
