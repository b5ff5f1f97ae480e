import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BusName, startCluster } from '@fanlight/cluster'
import type { CommandContext } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { untilAborted } from '../serving.ts'

export interface ClusterCommandOptions {
  readonly bus: BusName
  readonly inference: number
  readonly explainers: number
  readonly workers: number
  readonly port: number
}

/** `fanlight cluster`: broker, S3, PostgreSQL and all services as processes of this machine, until Ctrl-C. */
export async function cluster(context: CommandContext, options: ClusterCommandOptions): Promise<ExitCode> {
  const { terminal, signal, home, env } = context
  const folder = join(home, 'cluster')
  const start = performance.now()
  await using running = await startCluster({
    bus: options.bus,
    folder,
    port: options.port,
    replicas: { inference: options.inference, explainer: options.explainers },
    env: { ...passedOn(env), FANLIGHT_WORKERS: String(options.workers) },
    onProgress: (what) => terminal.say(`starting ${what} …`),
  })
  const script = join(folder, 'env.sh')
  const lines = Object.entries(running.env).map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`)
  await writeFile(script, `${lines.join('\n')}\n`, { mode: 0o600 })
  terminal.data(running.url)
  terminal.say(
    `all up after ${((performance.now() - start) / 1000).toFixed(1)} s; their logs are in ${join(folder, 'logs')}`,
  )
  terminal.say(`in another terminal: . ${script} && fanlight explain PHOTO…    (or: jobs, dead, topics)`)
  terminal.say(`the dashboard is at ${running.url} until Ctrl-C, which drains all`)
  await untilAborted(signal)
  terminal.say('draining …')
  return exitCodes.fine
}

/** Limits and the like, but no other cluster. */
const passedOn = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      /^FANLIGHT_(MAX|SHARD|LOAD|LOG|PROVIDER)/.test(name) && value ? [[name, value]] : [],
    ),
  )
