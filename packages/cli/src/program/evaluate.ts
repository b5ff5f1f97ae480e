import { MetricName, ScoreObjective } from '@fanlight/contracts'
import { familyNames } from '@fanlight/detector'
import { metricsInWords } from '@fanlight/evaluate/words'
import type { Command } from 'commander'
import type { EvaluateOptions } from '../evaluate-request.ts'
import { assign, collect, examples, lists, type Run, share, whole } from './options.ts'

const METHODS: readonly string[] = ['focus']
const FILLS: readonly string[] = ['constant', 'blur']
const OBJECTIVES: readonly string[] = ['score']

export function addEvaluate(program: Command, run: Run): void {
  program
    .command('evaluate')
    .description('measure methods by asking the detector again, side by side and beside baselines')
    .argument('<detector>', 'a name of "fanlight models list", or an ONNX file')
    .argument('<path...>', 'photos, or folders of photos')
    .option(
      '--methods <methods>',
      'comma-separated; the first is what others are compared with',
      lists(METHODS),
      METHODS,
    )
    .option('--forwards <n>', 'runs of the network for a method and photo; measuring comes on top', whole(1))
    .option('--set <method.param=value>', 'a parameter of a method; may be repeated', assign, {})
    .option('--metrics <metrics>', 'comma-separated, or "all" (default: all that run a method once)', lists())
    .option(
      '--fills <fills>',
      'what stands where the photo is hidden: mean, constant, blur, inpaint',
      lists(FILLS),
      FILLS,
    )
    .option('--steps <n>', 'of a curve, from nothing to everything (default: 64)', whole(2, 256))
    .option('--no-baselines', 'only the methods named')
    .option('--quick', 'D-RISE beside them with 1,000 forwards, not 5,000', false)
    .option('--reference <method>', 'what others are compared with (default: the first method)')
    .option('--family <family>', `how to read the file's outputs, where that cannot be told: ${familyNames.join(', ')}`)
    .option('--seed <n>', 'every random number follows from it', whole(0, 0xffff_ffff), 0)
    .option('--min-score <score>', 'detections from this score on, 0 to 1', share, 0.3)
    .option(
      '--objective <objectives>',
      `comma-separated: ${ScoreObjective.options.join(', ')}`,
      lists(OBJECTIVES),
      OBJECTIVES,
    )
    .option('--max-targets <n>', 'the surest detections of a photo', whole(1, 1000), 20)
    .option('--target <class:x1,y1,x2,y2>', 'measure at this box instead of the detections; may be repeated', collect)
    .option('--fresh', 'measure anew, whatever is stored', false)
    .option('--out <dir>', 'where the results go', 'fanlight-evaluation')
    .option('--json', 'the comparison on stdout, a line for each metric, fill and size', false)
    .option('--retry', 'try again what failed before', false)
    .option('--dry-run', 'tell what it would cost, and end', false)
    .option('--no-overlays', 'no pictures of maps')
    .option('--workers <n>', 'processes that run the network (default: one a core)', whole(1, 256))
    .addHelpText('after', explanation())
    .addHelpText(
      'after',
      examples(
        'fanlight evaluate yolox_nano.onnx photos/',
        'fanlight evaluate yolox_nano.onnx photos/ --methods focus,owen,grad-cam --forwards 300',
        'fanlight evaluate tiny-face photos/ --methods focus --quick --max-targets 3',
        'fanlight evaluate yolox_nano.onnx photos/ --methods odam --metrics all --fills mean,inpaint',
        'fanlight evaluate yolox_nano.onnx photos/ --dry-run',
      ),
    )
    .action((detector: string, paths: string[], options: EvaluateOptions) =>
      run(async (context) => (await import('../commands/evaluate.ts')).evaluate(context, detector, paths, options)),
    )
}

function explanation(): string {
  const metrics = MetricName.options.map((name) => `    ${name.padEnd(32)}  ${metricsInWords[name].meaning}`)
  return `
Beside the methods stand four baselines; a method that does not beat them has shown nothing:
    box-gaussian      a blob over the box, which never looks at the photo
    random            noise
    weights redrawn   the first method on the same network with weights drawn anew, measured on the true one
    drise             D-RISE with 5,000 forwards (1,000 with --quick)
  Measuring takes up to about 600 forwards a target, method and two fills; --steps, --metrics and --max-targets lower it.

Metrics:
${metrics.join('\n')}

Results: evaluation.json (every value), comparison.html (tables with intervals, curves, maps side by side).
Exit codes: 0 fine, 2 usage or failure, 3 some photos failed, 130 interrupted.
`
}
