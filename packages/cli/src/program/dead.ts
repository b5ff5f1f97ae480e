import type { Command } from 'commander'
import { examples, type Run, whole } from './options.ts'

export function addDead(program: Command, run: Run): void {
  const dead = program.command('dead').description('messages that were given up')
  dead.addHelpText('after', examples('fanlight dead list', 'fanlight dead replay 3f2a'))
  dead
    .command('list')
    .description('the newest first')
    .option('--limit <n>', 'no more than so many', whole(1, 1000), 50)
    .option('--json', 'a line each', false)
    .addHelpText('after', examples('fanlight dead list --json | jq .code'))
    .action((options) => run(async (context) => (await import('../commands/dead.ts')).listDead(context, options)))
  dead
    .command('show')
    .description('one of them whole: the message, the error, what each attempt said')
    .argument('<letter>', 'its id, or the start of it')
    .option('--json', 'as JSON', false)
    .addHelpText('after', examples('fanlight dead show 3f2a'))
    .action((letter, options) =>
      run(async (context) => (await import('../commands/dead.ts')).showDead(context, letter, options)),
    )
  dead
    .command('replay')
    .description('have its work done after all')
    .argument('<letter...>', 'ids, or the starts of them')
    .addHelpText('after', examples('fanlight dead replay 3f2a 77c0'))
    .action((letters) => run(async (context) => (await import('../commands/dead.ts')).replayDead(context, letters)))
}

export function addTopics(program: Command, run: Run): void {
  program
    .command('topics')
    .description('what the services say to each other, and how much of it waits')
    .option('--json', 'a line each', false)
    .addHelpText('after', examples('fanlight topics', 'fanlight topics --json | jq .waiting'))
    .action((options) => run(async (context) => (await import('../commands/topics.ts')).showTopics(context, options)))
}
