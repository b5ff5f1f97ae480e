import type { DetectorRef } from '@fanlight/contracts'
import type { CommandContext } from '../context.ts'
import { escapeText, safeJson, shorten } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { Models } from '../models.ts'
import { plainTable } from '../results/table.ts'

/** `fanlight models list` */
export async function listModels(context: CommandContext, { json }: { json: boolean }): Promise<ExitCode> {
  const models = await new Models(context).list()
  if (json) for (const model of models) context.terminal.data(safeJson(model))
  else context.terminal.data(table(models))
  return exitCodes.fine
}

/** `fanlight models add FILE` */
export async function addModel(
  context: CommandContext,
  file: string,
  options: { name?: string; family?: string; json: boolean },
): Promise<ExitCode> {
  const model = await new Models(context).add(file, options)
  if (options.json) context.terminal.data(safeJson(model))
  else context.terminal.data(table([model]))
  context.terminal.say(`kept: fanlight explain PHOTO --model ${model.name}`)
  return exitCodes.fine
}

/** `fanlight models show NAME` */
export async function showModel(context: CommandContext, name: string, { json }: { json: boolean }): Promise<ExitCode> {
  const model = await new Models(context).resolve(name)
  if (json) context.terminal.data(safeJson(model))
  else context.terminal.data(`${table([model])}\n${plainTable(['', ''], facts(model))}`)
  return exitCodes.fine
}

function table(models: readonly DetectorRef[]): string {
  const rows = models.map(({ name, sha256, descriptor: { family, width, height, classNames } }) => [
    shorten(name, 40),
    family,
    `${width} × ${height}`,
    String(classNames.length),
    sha256.slice(0, 12),
  ])
  return plainTable(['model', 'family', 'input', 'classes', 'sha256'], rows, [3])
}

function facts({ id, sha256, uri, descriptor }: DetectorRef): string[][] {
  const { preprocess, strides, anchors, nmsIou, inputName, classNames, familyVersion } = descriptor
  return [
    ['detector', id],
    ['sha256', sha256],
    ['file', escapeText(uri)],
    ['decoder', `${descriptor.family}, version ${familyVersion}`],
    ['input', escapeText(inputName)],
    ['channels', preprocess.channels],
    ['resize', `${preprocess.resize}, padded with ${preprocess.pad.join(', ')}`],
    ['mean, std', `${preprocess.mean.join(', ')} / ${preprocess.std.join(', ')}`],
    ['strides', strides.join(', ') || '–'],
    ['anchors', anchors.join(', ') || '–'],
    ['NMS IoU', String(nmsIou)],
    ['classes', shorten(classNames.join(', '), 300)],
  ]
}
