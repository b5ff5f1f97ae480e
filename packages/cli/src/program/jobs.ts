import type { Command } from 'commander'
import { askOptions } from './explain.ts'
import { examples, type Run, whole } from './options.ts'

export function addJobs(program: Command, run: Run): void {
  const jobs = program.command('jobs').description('what was asked for, and how far it is')
  jobs.addHelpText('after', examples('fanlight jobs list', 'fanlight jobs resume 3f2a'))
  jobs
    .command('list')
    .description('all jobs, the newest first')
    .option('--json', 'a line each', false)
    .addHelpText('after', examples('fanlight jobs list --json | jq .state'))
    .action((options) => run(async (context) => (await import('../commands/jobs.ts')).listJobs(context, options)))
  jobs
    .command('show')
    .description('one job')
    .argument('<job>', 'its id, or the start of it')
    .option('--json', 'as JSON', false)
    .addHelpText('after', examples('fanlight jobs show 3f2a'))
    .action((job, options) =>
      run(async (context) => (await import('../commands/jobs.ts')).showJob(context, job, options)),
    )
  askOptions(jobs.command('start').argument('<source>', 's3://bucket/prefix/, or a folder'))
    .description('leave a job over all photos of a source to whoever works on jobs')
    .option('--max-photos <n>', 'the first so many of the source', whole(1))
    .option('--budget <forwards>', 'what has not begun when so many were spent is cancelled', whole(1))
    .option('--name <name>', 'for the lists of jobs')
    .option('--json', 'as JSON', false)
    .addHelpText(
      'after',
      examples(
        'fanlight jobs start s3://photos/2026/ --model yolo11n.onnx --forwards 500',
        'fanlight jobs start photos/ --model yolox_nano.onnx --budget 1000000',
      ),
    )
    .action((source, options) =>
      run(async (context) => (await import('../commands/start-job.ts')).startJob(context, source, options)),
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
      .action((job) => run(async (context) => (await import('../commands/jobs.ts')).changeJob(context, job, change)))
  }
}
