import type { Command } from 'commander'
import { DEFAULT_MODEL } from '../../defaults.ts'
import { examples, type Run, share, whole } from '../options.ts'

export function addInspectChannels(inspect: Command, run: Run): void {
  inspect
    .command('channels')
    .description(
      'which channels drive which class over a folder of photos, and what becomes of the scores without them',
    )
    .argument('<path...>', 'photos, or folders of photos')
    .option('--model <name|file>', 'a name of "fanlight models list", or an ONNX file', DEFAULT_MODEL)
    .option('--family <family>', "how to read the file's outputs, where that cannot be told")
    .option('--layer <name>', 'a layer, or a value (default: the feature maps that the heads read)')
    .option('--class <name>', 'only detections of this class')
    .option('--photos <n>', 'the first of them', whole(1), 100)
    .option('--min-score <score>', 'detections from this score on, 0 to 1', share, 0.3)
    .option('--out <dir>', 'write the page channels.html there')
    .option('--json', 'a line a class', false)
    .addHelpText(
      'after',
      `${examples(
        'fanlight inspect channels photos/ --model yolox_nano.onnx --photos 50 --out inside',
        'fanlight inspect channels photos/ --model yolox_nano.onnx --class boat',
        "fanlight inspect channels photos/ --model yolox_nano.onnx --json | jq '{label, best: .channels[0]}'",
      )}
relevance  the mean over the detections of a class of a channel's sum of gradient × activation: how much of the score
           it carries, to first order; below zero it speaks against the class
score      the mean score of those detections as it is, and with the channel turned off: measured, one forward each
lost       share of the detections that fall below --min-score without the channel
`,
    )
    .action((paths, options) =>
      run(async (context) =>
        (await import('../../commands/inspect-channels.ts')).inspectChannels(context, paths, options),
      ),
    )
}
