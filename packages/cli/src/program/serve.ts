import { type Command, Option } from 'commander'
import { DEFAULT_PORT } from '../defaults.ts'
import { examples, port, type Run, whole } from './options.ts'

export function addServe(program: Command, run: Run): void {
  program
    .command('serve')
    .description('the dashboard and the HTTP API, and work on the jobs that are running')
    .option('--port <port>', '0 takes a free one', port, DEFAULT_PORT)
    .option('--host <address>', 'beyond this machine at your own risk: there are no accounts', '127.0.0.1')
    .option('--workers <n>', 'processes that run the network (default: one a core)', whole(1, 256))
    .addHelpText('after', examples('fanlight serve', 'fanlight serve --port 8080'))
    .action((options) => run(async (context) => (await import('../commands/serve.ts')).serve(context, options)))
}

export function addCluster(program: Command, run: Run): void {
  program
    .command('cluster')
    .description('all services, a broker, S3 and PostgreSQL as processes of this machine, for trying')
    .addOption(new Option('--bus <bus>', 'the broker').choices(['nats', 'kafka']).default('nats'))
    .option('--inference <n>', 'inference processes', whole(1, 64), 2)
    .option('--explainers <n>', 'explainer processes', whole(1, 16), 1)
    .option('--workers <n>', 'sessions in each inference process', whole(1, 256), 1)
    .option('--port <port>', 'of the dashboard; 0 takes a free one', port, DEFAULT_PORT)
    .addHelpText('after', examples('fanlight cluster', 'fanlight cluster --bus kafka --inference 4'))
    .action((options) => run(async (context) => (await import('../commands/cluster.ts')).cluster(context, options)))
}
