import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type AttributionRecord, mapsOf, Sha256, sha256 } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { z } from 'zod'
import { type Data, openData } from '../composition.ts'
import type { CommandContext } from '../context.ts'
import { safeJson } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Remade, type Verdict, verifyExplanation } from '../verify-explanation.ts'

/** What is compared is of any type: an edit may have changed that too. */
const Line = z.object({
  explanation: Sha256,
  image: z.looseObject({}),
  target: z.looseObject({ id: z.string() }),
  forwards: z.unknown(),
  map: z.looseObject({ path: z.string() }),
  stability: z.unknown(),
  priorShare: z.unknown(),
  inBoxEnergy: z.unknown(),
  // Absent in results of an older Fanlight, and null where there is none.
  interval: z.looseObject({ path: z.string() }).nullish(),
  doubts: z.unknown(),
  fit: z.unknown(),
  unmoved: z.unknown(),
  gradient: z.unknown(),
  evaluation: z.unknown(),
})
type Line = z.infer<typeof Line>

/** `fanlight verify DIR|EXPLANATION…`: makes explanations again from their transcripts and compares numbers and maps. */
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
      if (json) terminal.data(safeJson({ ...verdict, remade: undefined }))
      else if (!verdict.same) terminal.say(`${verdict.explanation}: ${verdict.problem}`)
    }
  }
  if (checked === 0) {
    const where = named.map((name) => JSON.stringify(name)).join(', ')
    throw new InputError('USAGE', `nothing to verify in ${where}: no explanation is named there`)
  }
  terminal.say(`${checked - different} of ${checked} explanations made again, byte for byte the same`)
  return different > 0 ? exitCodes.found : exitCodes.fine
}

async function* one(data: Data, explanation: string): AsyncGenerator<Verdict> {
  yield await verifyExplanation(data, explanation)
}

/** The explanations that a results folder names, and that its numbers and maps are theirs. */
async function* folder(data: Data, path: string): AsyncGenerator<Verdict> {
  const lines = await readLines(path)
  for (const [explanation, rows] of Map.groupBy(lines, (line) => line.explanation)) {
    const verdict = await verifyExplanation(data, explanation)
    yield verdict.same ? await compareRows(path, verdict, rows) : verdict
  }
}

async function compareRows(folder: string, verdict: Verdict & { same: true }, rows: readonly Line[]): Promise<Verdict> {
  const { explanation, remade } = verdict
  for (const row of rows) {
    const problem = problemOf(row, remade) ?? (await fileProblem(folder, row, remade.records.get(row.target.id)!))
    if (problem !== undefined) return { explanation, same: false, problem }
  }
  return verdict
}

/** How a line of attributions.ndjson differs from what was made again; undefined when it does not. */
export function problemOf(row: Line, { width, height, records }: Remade): string | undefined {
  const { image, target, map, interval } = row
  const record = records.get(target.id)
  if (!record) return `${map.path}: there is no target ${target.id}`
  const pairs: Record<string, [told: unknown, made: unknown]> = {
    'image.width': [image.width, width],
    'image.height': [image.height, height],
    forwards: [row.forwards, record.forwards],
    'map.shape': [map.shape, record.map.shape],
    'interval.shape': [interval?.shape, record.interval?.map.shape],
    'interval.level': [interval?.level, record.interval?.level],
    stability: [row.stability, record.stability],
    priorShare: [row.priorShare, record.priorShare],
    inBoxEnergy: [row.inBoxEnergy, record.inBoxEnergy],
  }
  const made = { ...record.target, unexplainable: record.unexplainable }
  for (const [name, value] of Object.entries(made)) pairs[`target.${name}`] = [target[name], value]
  for (const name of LATER) pairs[name] = [row[name] ?? null, record[name] ?? null]
  // As JSON, which is how the line was written: it knows no −0.
  const wrong = Object.entries(pairs).find(([, [told, again]]) => JSON.stringify(told) !== JSON.stringify(again))
  if (!wrong) return undefined
  const [name, [told, again]] = wrong
  return `${map.path}: ${name} is ${shown(told)}, made again it is ${shown(again)}`
}

/** An evaluation is long. */
const shown = (value: unknown) => (JSON.stringify(value) ?? 'absent').replace(/^(.{200}).+$/s, '$1…')

/** Fields that an older Fanlight did not write. */
const LATER = ['doubts', 'fit', 'unmoved', 'gradient', 'evaluation'] as const

/** Whether the files that a line names hold what was made again. */
export async function fileProblem(folder: string, row: Line, record: AttributionRecord): Promise<string | undefined> {
  const paths = [row.map.path, ...(row.interval ? [row.interval.path] : [])]
  for (const [i, path] of paths.entries()) {
    const bytes = await readFile(join(folder, path)).catch(() => undefined)
    if (bytes === undefined) return `${path} cannot be read`
    if (sha256(bytes) !== mapsOf(record)[i]?.sha256) return `${path} holds another map`
  }
  return undefined
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
