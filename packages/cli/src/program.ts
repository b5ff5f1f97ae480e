import { familyNames } from '@fanlight/detector'
import { methodNames } from '@fanlight/explain'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { CommandContext } from './context.ts'
import { DEFAULT_MODEL, DEFAULT_PORT } from './defaults.ts'
import type { ExitCode } from './exit-codes.ts'
import type { ExplainOptions } from './explain-request.ts'

type Run = (work: (context: CommandContext) => Promise<ExitCode>) => Promise<void>

const examples = (...lines: readonly string[]) => `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}`

/** All commands. What they need is loaded when one runs, so that --help is there at once. */
export function createProgram(version: string, run: Run): Command {
  const program = new Command('fanlight')
    .description('Tells for every detection what in the image made the detector say so.')
    .version(version)
    .option('--no-input', 'never ask anything')
    .showHelpAfterError('(--help tells more)')
    .addHelpText(
      'after',
      `${examples(
        'fanlight                                       # explains sample photos',
        'fanlight explain street.jpg --model yolo11n.onnx',
        'fanlight serve                                 # the dashboard',
      )}
Environment:
  FANLIGHT_HOME   the data folder (default: ~/.fanlight)
  FANLIGHT_LOG    level of the services' log on stderr: info, warn, error (default: silent)
  NO_COLOR        no colours
`,
    )
  addExplain(program, run)
  addStart(program, run)
  addModels(program, run)
  addJobs(program, run)
  addServe(program, run)
  addVerify(program, run)
  addRetention(program, run)
  return program
}

function addExplain(program: Command, run: Run): void {
  explainOptions(program.command('explain').argument('<path...>', 'photos, or folders of photos'))
    .description('explain what a detector sees in photos')
    .addHelpText(
      'after',
      examples(
        'fanlight explain street.jpg --model yolo11n.onnx',
        'fanlight explain photos/ --model yolox_nano.onnx --forwards 500 --out findings',
        'fanlight explain photos/ --method drise,box-gaussian --json | jq .inBoxEnergy',
        'fanlight explain photos/ --dry-run',
        'fanlight explain face.jpg --set drise.grid=8 --set drise.probability=0.4',
      ),
    )
    .action((paths: string[], options: ExplainOptions) =>
      run(async (context) => (await import('./commands/explain.ts')).explain(context, paths, options)),
    )
}

function addStart(program: Command, run: Run): void {
  const action = (options: ExplainOptions & { once: boolean; port: number }) =>
    run(async (context) => (await import('./commands/start.ts')).start(context, options, options))
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

function explainOptions(command: Command): Command {
  return command
    .option('--model <name|file>', 'a name of "fanlight models list", or an ONNX file', DEFAULT_MODEL)
    .option('--family <family>', `how to read the file's outputs, where that cannot be told: ${familyNames.join(', ')}`)
    .option('--method <methods>', `comma-separated: ${methodNames.join(', ')}`, list, ['drise'])
    .option('--forwards <n>', 'runs of the network for a photo, in all', whole(1))
    .option('--set <method.param=value>', 'a parameter of a method; may be repeated', assign, {})
    .option('--seed <n>', 'every random number follows from it', whole(0, 0xffff_ffff), 0)
    .option('--min-score <score>', 'detections from this score on, 0 to 1', share, 0.3)
    .option('--objective <objectives>', 'comma-separated: score, class, objectness, box', list, ['score'])
    .option('--max-targets <n>', 'the surest detections of a photo', whole(1, 1000), 20)
    .option('--out <dir>', 'where the results go', 'fanlight-out')
    .option('--json', 'the results on stdout, a line each', false)
    .option('--fresh', 'explain anew, whatever is stored', false)
    .option('--retry', 'try again what failed before', false)
    .option('--dry-run', 'tell what it would cost, and end', false)
    .option('--no-overlays', 'no pictures, numbers and maps only')
    .option('--workers <n>', 'processes that run the network (default: one a core)', whole(1, 256))
}

function addModels(program: Command, run: Run): void {
  const models = program.command('models').description('the detectors that have a name')
  models.addHelpText('after', examples('fanlight models add yolo11n.onnx', 'fanlight models show yolo11n'))
  models
    .command('list')
    .description('all of them')
    .option('--json', 'a line each', false)
    .addHelpText('after', examples('fanlight models list --json'))
    .action((options) => run(async (context) => (await import('./commands/models.ts')).listModels(context, options)))
  models
    .command('add')
    .description('keep a copy of an ONNX file under a name')
    .argument('<file>')
    .option('--name <name>', 'default: the file’s')
    .option('--family <family>', `one of ${familyNames.join(', ')}`)
    .option('--json', 'as JSON', false)
    .addHelpText('after', examples('fanlight models add runs/train/weights/best.onnx --name crossing'))
    .action((file, options) =>
      run(async (context) => (await import('./commands/models.ts')).addModel(context, file, options)),
    )
  models
    .command('show')
    .description('how a detector is fed and read')
    .argument('<name|file>')
    .option('--json', 'as JSON', false)
    .addHelpText('after', examples('fanlight models show yolox_nano.onnx'))
    .action((name, options) =>
      run(async (context) => (await import('./commands/models.ts')).showModel(context, name, options)),
    )
}

function addJobs(program: Command, run: Run): void {
  const jobs = program.command('jobs').description('what was asked for, and how far it is')
  jobs.addHelpText('after', examples('fanlight jobs list', 'fanlight jobs resume 3f2a'))
  jobs
    .command('list')
    .description('all jobs, the newest first')
    .option('--json', 'a line each', false)
    .addHelpText('after', examples('fanlight jobs list --json | jq .state'))
    .action((options) => run(async (context) => (await import('./commands/jobs.ts')).listJobs(context, options)))
  jobs
    .command('show')
    .description('one job')
    .argument('<job>', 'its id, or the start of it')
    .option('--json', 'as JSON', false)
    .addHelpText('after', examples('fanlight jobs show 3f2a'))
    .action((job, options) =>
      run(async (context) => (await import('./commands/jobs.ts')).showJob(context, job, options)),
    )
  const changes = {
    pause: 'stop working on it; what is answered is kept',
    resume: 'go on from there',
    cancel: 'give up what is not done, for good',
  } as const
  for (const change of ['pause', 'resume', 'cancel'] as const) {
    jobs
      .command(change)
      .description(changes[change])
      .argument('<job>', 'its id, or the start of it')
      .addHelpText('after', examples(`fanlight jobs ${change} 3f2a`))
      .action((job) => run(async (context) => (await import('./commands/jobs.ts')).changeJob(context, job, change)))
  }
}

function addServe(program: Command, run: Run): void {
  program
    .command('serve')
    .description('the dashboard and the HTTP API, and work on the jobs that are running')
    .option('--port <port>', '0 takes a free one', port, DEFAULT_PORT)
    .option('--host <address>', 'beyond this machine at your own risk: there are no accounts', '127.0.0.1')
    .option('--workers <n>', 'processes that run the network (default: one a core)', whole(1, 256))
    .addHelpText('after', examples('fanlight serve', 'fanlight serve --port 8080'))
    .action((options) => run(async (context) => (await import('./commands/serve.ts')).serve(context, options)))
}

function addVerify(program: Command, run: Run): void {
  program
    .command('verify')
    .description('make maps again from what the network answered, and compare them byte by byte')
    .argument('<dir|explanation...>', 'a results folder, or ids of explanations')
    .option('--json', 'a line each', false)
    .addHelpText('after', examples('fanlight verify fanlight-out'))
    .action((named, options) =>
      run(async (context) => (await import('./commands/verify.ts')).verify(context, named, options)),
    )
}

function addRetention(program: Command, run: Run): void {
  program
    .command('gc')
    .description('remove ended jobs of long ago, and files that nothing refers to')
    .option('--older-than-days <days>', 'since they ended', whole(0), 30)
    .addHelpText('after', examples('fanlight gc', 'fanlight gc --older-than-days 7'))
    .action((options) =>
      run(async (context) => (await import('./commands/retention.ts')).collectGarbage(context, options)),
    )
  program
    .command('forget')
    .description('remove all that is stored of an image or a job')
    .argument('<image|job>', 'a path of photos, an image’s SHA-256, or a job’s id')
    .addOption(new Option('--yes', 'do not ask').default(false))
    .addHelpText('after', examples('fanlight forget photos/anna.jpg', 'fanlight forget 3f2a --yes'))
    .action((what, options) =>
      run(async (context) => (await import('./commands/retention.ts')).forget(context, what, options)),
    )
}

const list = (text: string): string[] => {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  if (names.length === 0) throw new InvalidArgumentError('name at least one.')
  return names
}

const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least && value <= most) return value
    throw new InvalidArgumentError(
      `expected a whole number from ${least}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ' on'}.`,
    )
  }

const port = whole(0, 65_535)

const share = (text: string): number => {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('expected a number from 0 to 1.')
}

type Assigned = Record<string, Record<string, unknown>>

/** drise.grid=8: the value is JSON where it can be, else text. */
function assign(text: string, before: Assigned): Assigned {
  const [, method, param, value] = /^([\w-]+)\.(\w+)=(.*)$/s.exec(text) ?? []
  if (!method || !param || value === undefined)
    throw new InvalidArgumentError('expected METHOD.PARAM=VALUE, such as drise.grid=8.')
  return { ...before, [method]: { ...before[method], [param]: jsonOr(value) } }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
