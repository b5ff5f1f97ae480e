import { join } from 'node:path'
import type { Box, Descriptor } from '@fanlight/contracts'
import type { DreamAim, DreamStep } from '@fanlight/inspect'
import { classIn } from '@fanlight/network'
import { digits } from '@fanlight/network/words'
import { InputError } from '@fanlight/ports'
import { type DreamReport, dreamOutcome, renderDreamReport } from '@fanlight/report'
import type { CommandContext } from '../context.ts'
import { escapeText, safeJson } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Inspected, withInspected } from '../inspected.ts'
import { duration, progressView } from '../progress.ts'
import { writePage } from '../results/page.ts'
import { factsTable } from '../results/table.ts'
import { refuseFile, writeWhole } from '../results/whole-file.ts'

export interface InspectDreamOptions {
  readonly class?: string
  readonly detection?: Box
  readonly channel?: { readonly layer: string; readonly channel: number }
  readonly steps: number
  readonly pictures: number
  readonly seed: number
  readonly out: string
  readonly json: boolean
}

/** `fanlight inspect dream FILE` */
export async function inspectDream(
  context: CommandContext,
  file: string,
  options: InspectDreamOptions,
): Promise<ExitCode> {
  checkChoice(options)
  await refuseFile(options.out)
  return withInspected(context, file, async (inspected) => {
    const { descriptor } = inspected.network
    if (!descriptor) {
      const message = 'how this network takes photos is not known, as its outputs are of no known family'
      throw new InputError('MODEL_FAMILY_UNKNOWN', `${message}: add it with "fanlight models add", naming its --family`)
    }
    const aim = aimOf(descriptor, options)
    const steps = await dreamed(context, inspected, { aim, descriptor, options })
    if (steps === undefined) {
      context.terminal.say('stopped: nothing was written')
      return exitCodes.interrupted
    }
    const { name, network } = inspected
    const what = wordsFor(aim, descriptor)
    const report = { name, network, what, seed: options.seed, steps, version: context.version }
    await write(context, report, options.out)
    if (!options.json) context.terminal.data(factsTable(facts(report)))
    const outcome = dreamOutcome(steps)
    if (outcome.caution !== undefined) context.terminal.say(outcome.caution, 'yellow')
    return exitCodes.fine
  })
}

function checkChoice({ class: name, detection, channel }: InspectDreamOptions): void {
  if (detection && name === undefined) throw new InputError('USAGE', 'name the --class of the --detection')
  const chosen = [name, channel].filter((choice) => choice !== undefined).length
  if (chosen !== 1) throw new InputError('USAGE', 'say what to raise: either --class or --channel')
}

function aimOf({ classNames }: Descriptor, options: InspectDreamOptions): DreamAim {
  if (options.channel) return { kind: 'channel', ...options.channel }
  const number = classIn(classNames, options.class!)
  const { detection } = options
  return detection ? { kind: 'detection', class: number, box: detection } : { kind: 'class', class: number }
}

function wordsFor(aim: DreamAim, { classNames }: Descriptor): string {
  if (aim.kind === 'channel') return `channel ${aim.channel} of ${aim.layer}`
  const name = classNames[aim.class]!
  return aim.kind === 'class' ? name : `${name} at ${aim.box.join(', ')}`
}

interface Dream {
  readonly aim: DreamAim
  readonly descriptor: Descriptor
  readonly options: InspectDreamOptions
}

/** @returns undefined when the person stopped it */
async function dreamed(
  { terminal, signal }: CommandContext,
  { inspector, file }: Inspected,
  { aim, descriptor, options }: Dream,
): Promise<readonly DreamStep[] | undefined> {
  const { steps, seed, pictures, json } = options
  const view = progressView(terminal)
  const made: DreamStep[] = []
  let firstMs = 0
  try {
    for await (const step of inspector.dream(file, { aim, descriptor, steps, seed, pictures })) {
      if (signal.aborted) return undefined
      made.push(step)
      if (json) terminal.data(safeJson({ step: step.step, value: step.value, score: step.score }))
      // The first step opens the network.
      if (made.length === 1) firstMs = performance.now()
      const eachMs = (performance.now() - firstMs) / (made.length - 1)
      const left = made.length > 1 ? ` · ${duration(eachMs * (steps - step.step))} left` : ''
      view.show(`step ${step.step}/${steps} · ${heightOf(step)}${left}`, step.step / steps)
    }
    return made
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  } finally {
    view.end()
  }
}

const heightOf = ({ value, score }: DreamStep) =>
  score === null ? `activation ${digits(value)}` : `score ${score.toFixed(2)}`

async function write(context: CommandContext, report: DreamReport, folder: string): Promise<void> {
  for (const { step, png } of report.steps) {
    if (png) await writeWhole(join(folder, `step-${String(step).padStart(4, '0')}.png`), png)
  }
  const last = report.steps.at(-1)!.png
  if (last) await writeWhole(join(folder, 'dream.png'), last)
  await writePage(context, folder, 'dream.html', renderDreamReport(report))
}

function facts({ what, steps, seed }: DreamReport): string[][] {
  const [first, last] = [steps[0]!, steps.at(-1)!]
  return [
    ['dream of', escapeText(what)],
    ['steps', `${last.step}, seed ${seed}`],
    [last.score === null ? 'mean activation' : 'log-odds', `${digits(first.value)} → ${digits(last.value)}`],
    ...(first.score === null || last.score === null
      ? []
      : [['score', `${first.score.toFixed(4)} → ${last.score.toFixed(4)}`]]),
  ]
}
