import type { Command } from 'commander'
import { DEFAULT_MODEL } from '../../defaults.ts'
import { examples, type Run, share, whole } from '../options.ts'

export function addInspectActivations(inspect: Command, run: Run): void {
  inspect
    .command('activations')
    .description('what the layers make of a photo: feature maps by what they say, activation functions')
    .argument('<photo>', 'a photo')
    .option('--model <name|file>', 'a name of "fanlight models list", or an ONNX file', DEFAULT_MODEL)
    .option('--family <family>', "how to read the file's outputs, where that cannot be told")
    .option('--layer <name>', 'a layer, or a value (default: the feature map that the detection is read from)')
    .option('--detection <n>', 'which one, from 1, the surest first', whole(1, 1000))
    .option('--class <name>', 'the surest detection of this class')
    .option('--min-score <score>', 'detections from this score on, 0 to 1', share, 0.3)
    .option('--out <dir>', 'write the page activations.html there, and its pictures')
    .option('--json', 'as JSON, all channels', false)
    .addHelpText(
      'after',
      `${examples(
        'fanlight inspect activations street.jpg --model yolox_nano.onnx',
        'fanlight inspect activations street.jpg --model yolox_nano.onnx --class dog --out inside',
        'fanlight inspect activations street.jpg --model yolox_nano.onnx --layer Mul_43 --out inside',
        'fanlight inspect activations street.jpg --model yolox_nano.onnx --json | jq ".functions[] | select(.deadChannels > 0)"',
      )}
relevance  the sum of gradient × activation over a channel: how much of the score it carries, to first order;
           below zero it speaks against the detection
closed     share of the numbers at which the function lets nothing through (its gate is below 0.01)
open       share at which it lets everything through (its gate is above 0.99)
saturated  both together, of functions that level off at both ends: no gradient comes through there
dead       channels that are closed everywhere in this photo
`,
    )
    .action((photo, options) =>
      run(async (context) =>
        (await import('../../commands/inspect-activations.ts')).inspectActivations(context, photo, options),
      ),
    )
}
