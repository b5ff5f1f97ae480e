import { type Command, Option } from 'commander'
import { examples, type Run, whole } from './options.ts'

export function addVerify(program: Command, run: Run): void {
  program
    .command('verify')
    .description('make maps again from what the network answered, and compare them byte by byte')
    .argument('<dir|explanation...>', 'a results folder, or ids of explanations')
    .option('--json', 'a line each', false)
    .addHelpText('after', examples('fanlight verify fanlight-out'))
    .action((named, options) =>
      run(async (context) => (await import('../commands/verify.ts')).verify(context, named, options)),
    )
}

export function addRetention(program: Command, run: Run): void {
  program
    .command('gc')
    .description('remove ended jobs of long ago, and files that nothing refers to')
    .option('--older-than-days <days>', 'since they ended', whole(0), 30)
    .addHelpText('after', examples('fanlight gc', 'fanlight gc --older-than-days 7'))
    .action((options) =>
      run(async (context) => (await import('../commands/retention.ts')).collectGarbage(context, options)),
    )
  program
    .command('forget')
    .description('remove all that is stored of an image or a job')
    .argument('<image|job>', 'a path of photos, an image’s SHA-256, or a job’s id')
    .addOption(new Option('--yes', 'do not ask').default(false))
    .addHelpText('after', examples('fanlight forget photos/anna.jpg', 'fanlight forget 3f2a --yes'))
    .action((what, options) =>
      run(async (context) => (await import('../commands/retention.ts')).forget(context, what, options)),
    )
}
