import type { Command } from 'commander'
import { examples, type Run } from '../options.ts'

export function addInspectModel(inspect: Command, run: Run): void {
  inspect
    .command('model')
    .description('its layers, their shapes, parameters and cost')
    .argument('<name|file>', 'a name of "fanlight models list", or an ONNX file')
    .option('--layer <name>', 'one layer, by its name or that of its output')
    .option('--all', 'layers without parameters and cost too', false)
    .option('--out <dir>', 'write the page model.html there')
    .option('--json', 'as JSON, all layers', false)
    .addHelpText(
      'after',
      `${examples(
        'fanlight inspect model yolox_nano.onnx',
        'fanlight inspect model yolox_nano.onnx --layer Conv_41',
        'fanlight inspect model yolox_nano.onnx --out inside',
        'fanlight inspect model yolox_nano.onnx --json | jq .parameters',
      )}
Shapes and cost are those of one run on a grey image. A multiply-accumulate (MAC) is one multiplication and one
addition: two FLOPs.
`,
    )
    .action((file, options) =>
      run(async (context) => (await import('../../commands/inspect-model.ts')).inspectModel(context, file, options)),
    )
}
