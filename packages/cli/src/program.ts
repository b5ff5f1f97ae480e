import { Command } from 'commander'
import { addDead, addTopics } from './program/dead.ts'
import { addEvaluate } from './program/evaluate.ts'
import { addExplain, addStart } from './program/explain.ts'
import { addInspect } from './program/inspect.ts'
import { addJobs } from './program/jobs.ts'
import { addModels } from './program/models.ts'
import { examples, type Run } from './program/options.ts'
import { addRetention, addVerify } from './program/results.ts'
import { addCluster, addServe } from './program/serve.ts'

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
  FANLIGHT_STORE_URL, FANLIGHT_BUS_URL, FANLIGHT_ARTIFACTS_URL
                  a cluster to work with instead (see docs/operations.md)
  NO_COLOR        no colours
`,
    )
  addExplain(program, run)
  addEvaluate(program, run)
  addStart(program, run)
  addModels(program, run)
  addInspect(program, run)
  addJobs(program, run)
  addDead(program, run)
  addTopics(program, run)
  addServe(program, run)
  addCluster(program, run)
  addVerify(program, run)
  addRetention(program, run)
  return program
}
