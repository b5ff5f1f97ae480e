import { familyNames } from '@fanlight/detector'
import type { Command } from 'commander'
import { examples, type Run } from './options.ts'

export function addModels(program: Command, run: Run): void {
  const models = program.command('models').description('the detectors that have a name')
  models.addHelpText('after', examples('fanlight models add yolo11n.onnx', 'fanlight models show yolo11n'))
  models
    .command('list')
    .description('all of them')
    .option('--json', 'a line each', false)
    .addHelpText('after', examples('fanlight models list --json'))
    .action((options) => run(async (context) => (await import('../commands/models.ts')).listModels(context, options)))
  models
    .command('add')
    .description('keep a copy of an ONNX file under a name')
    .argument('<file>')
    .option('--name <name>', 'default: the file’s')
    .option('--family <family>', `one of ${familyNames.join(', ')}`)
    .option('--json', 'as JSON', false)
    .addHelpText('after', examples('fanlight models add runs/train/weights/best.onnx --name crossing'))
    .action((file, options) =>
      run(async (context) => (await import('../commands/models.ts')).addModel(context, file, options)),
    )
  models
    .command('show')
    .description('how a detector is fed and read')
    .argument('<name|file>')
    .option('--json', 'as JSON', false)
    .addHelpText('after', examples('fanlight models show yolox_nano.onnx'))
    .action((name, options) =>
      run(async (context) => (await import('../commands/models.ts')).showModel(context, name, options)),
    )
}
