import type { Command } from 'commander'
import { examples, type Run } from '../options.ts'

export function addInspectWeights(inspect: Command, run: Run): void {
  inspect
    .command('weights')
    .description('what the weights of each layer are like, and pictures of its kernels')
    .argument('<name|file>', 'a name of "fanlight models list", or an ONNX file')
    .option('--layer <name>', 'one layer, with its histogram')
    .option('--out <dir>', 'write the page weights.html there, with the kernels')
    .option('--json', 'a line a layer', false)
    .addHelpText(
      'after',
      `${examples(
        'fanlight inspect weights yolox_nano.onnx',
        'fanlight inspect weights yolox_nano.onnx --layer Conv_41',
        'fanlight inspect weights yolox_nano.onnx --out inside',
        "fanlight inspect weights yolox_nano.onnx --json | jq 'select(.deadFilters > 0).layer'",
      )}
near zero  below a thousandth of the layer's largest weight
dead       filters all of whose weights are near zero
duplicate  filters that an earlier one equals but for their scale (cosine above 0.999)
positive   share of all magnitude that is above zero
`,
    )
    .action((file, options) =>
      run(async (context) =>
        (await import('../../commands/inspect-weights.ts')).inspectWeights(context, file, options),
      ),
    )
}
