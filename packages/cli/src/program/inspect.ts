import type { Command } from 'commander'
import { addInspectActivations } from './inspect/activations.ts'
import { addInspectChannels } from './inspect/channels.ts'
import { addInspectDream } from './inspect/dream.ts'
import { addInspectModel } from './inspect/model.ts'
import { addInspectWeights } from './inspect/weights.ts'
import { examples, type Run } from './options.ts'

/** A file a view: see program/inspect. */
const views = [addInspectModel, addInspectWeights, addInspectDream, addInspectActivations, addInspectChannels]

export function addInspect(program: Command, run: Run): void {
  const inspect = program.command('inspect').description('look inside a network')
  inspect.addHelpText(
    'after',
    examples('fanlight inspect model yolo11n.onnx', 'fanlight inspect weights yolo11n.onnx --out inside'),
  )
  for (const add of views) add(inspect, run)
}
