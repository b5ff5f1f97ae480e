import { LossTerm, ScoreObjective } from '@fanlight/contracts'
import { familyNames } from '@fanlight/detector'
import { methodNamed, methodNames } from '@fanlight/explain'
import { grouped, methodGroups, objectivesInWords } from '@fanlight/explain/words'
import type { Command } from 'commander'
import { DEFAULT_MODEL, DEFAULT_PORT } from '../defaults.ts'
import type { ExplainOptions } from '../explain-request.ts'
import { assign, collect, examples, lists, port, type Run, share, whole } from './options.ts'

const METHODS: readonly string[] = ['focus']
const OBJECTIVES: readonly string[] = ['score']

export function addExplain(program: Command, run: Run): void {
  explainOptions(program.command('explain').argument('<path...>', 'photos, or folders of photos'))
    .description('explain what a detector sees in photos')
    .addHelpText(
      'after',
      examples(
        'fanlight explain street.jpg --model yolo11n.onnx',
        'fanlight explain photos/ --model yolox_nano.onnx --forwards 500 --out findings',
        'fanlight explain photos/ --method drise,box-gaussian --json | jq .inBoxEnergy',
        'fanlight explain street.jpg --model yolox_nano.onnx --method odam,grad-cam --set grad-cam.layer=NAME',
        'fanlight explain street.jpg --method odam --objective loss.box --objective loss.obj --objective loss.cls',
        'fanlight explain photos/ --dry-run',
        'fanlight explain face.jpg --set drise.grid=8 --set drise.probability=0.4',
      ),
    )
    .action((paths: string[], options: ExplainOptions) =>
      run(async (context) => (await import('../commands/explain.ts')).explain(context, paths, options)),
    )
}

export function addStart(program: Command, run: Run): void {
  const action = (options: ExplainOptions & { once: boolean; port: number }) =>
    run(async (context) => (await import('../commands/start.ts')).start(context, options, options))
  explainOptions(program.command('start'))
    .description('explain the sample photos, then serve the dashboard')
    .option('--once', 'end after the explanations', false)
    .option('--port <port>', 'of the dashboard; 0 takes a free one', port, DEFAULT_PORT)
    .addHelpText('after', examples('fanlight start', 'fanlight start --once --forwards 200'))
    .action(action)
  explainOptions(program.command('sample'))
    .description('explain the sample photos, as "fanlight" alone does')
    .addHelpText('after', examples('fanlight', 'fanlight sample --forwards 200'))
    .action((options: ExplainOptions) => action({ ...options, once: true, port: DEFAULT_PORT }))
}

/** What is asked of the network, and how: the same for every command that asks. */
export function askOptions(command: Command): Command {
  return command
    .option('--model <name|file>', 'a name of "fanlight models list", or an ONNX file', DEFAULT_MODEL)
    .option('--family <family>', `how to read the file's outputs, where that cannot be told: ${familyNames.join(', ')}`)
    .option('--method <methods>', 'comma-separated, or repeated; they are listed below', lists(METHODS), METHODS)
    .option('--forwards <n>', 'runs of the network for a photo, in all', whole(1))
    .option('--set <method.param=value>', 'a parameter of a method; may be repeated', assign, {})
    .option('--seed <n>', 'every random number follows from it', whole(0, 0xffff_ffff), 0)
    .option('--min-score <score>', 'detections from this score on, 0 to 1', share, 0.3)
    .option('--objective <objectives>', 'comma-separated, or repeated', lists(OBJECTIVES), OBJECTIVES)
    .option('--max-targets <n>', 'the surest detections of a photo', whole(1, 1000), 20)
    .option('--target <class:x1,y1,x2,y2>', 'explain this box instead of the detections; may be repeated', collect)
    .option('--fresh', 'explain anew, whatever is stored', false)
    .addHelpText('after', catalogue)
}

/** What there is to choose from. */
function catalogue(): string {
  const methods = grouped(methodNames, (name) => name).flatMap(({ group, members }) => [
    `  ${group}: ${group && methodGroups[group]}`,
    ...members.map((name) => row(name, methodNamed(name).summary)),
  ])
  const objectives = (names: readonly (keyof typeof objectivesInWords)[]) =>
    names.map((name) => row(name, objectivesInWords[name]))
  return [
    '\nMethods:',
    ...methods,
    '\nObjectives:',
    '  of a detection',
    ...objectives(ScoreObjective.options),
    '  terms of the training loss, for methods with gradients',
    ...objectives(LossTerm.options),
    '',
  ].join('\n')
}

const row = (name: string, meaning: string) => `    ${name.padEnd(20)}  ${meaning}`

function explainOptions(command: Command): Command {
  return askOptions(command)
    .option('--out <dir>', 'where the results go', 'fanlight-out')
    .option('--json', 'the results on stdout, a line each', false)
    .option('--retry', 'try again what failed before', false)
    .option('--dry-run', 'tell what it would cost, and end', false)
    .option('--no-overlays', 'no pictures, numbers and maps only')
    .option('--workers <n>', 'processes that run the network (default: one a core)', whole(1, 256))
}
