import { readFileSync } from 'node:fs'
import { isFanlightError } from '@fanlight/ports'
import { createLogger } from '@fanlight/service-kit'
import { readLimits } from '@fanlight/service-kit/limits'
import { CommanderError } from 'commander'
import { type CommandContext, homeFolder } from './context.ts'
import { escapeLines } from './escape.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { interruptSignal } from './interrupt.ts'
import { createProgram } from './program.ts'
import { processTerminal } from './terminal.ts'

const { env } = process
const { version }: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const terminal = processTerminal({ env, input: !process.argv.includes('--no-input') })

// A reader that goes away, as `head` does, ends the command; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? 0 : exitCodes.failed),
)

function context(): CommandContext {
  return {
    terminal,
    env,
    home: homeFolder(env),
    limits: readLimits(env),
    logger: createLogger({ level: env.FANLIGHT_LOG || 'silent' }),
    signal: interruptSignal(terminal),
    version,
  }
}

async function run(work: (context: CommandContext) => Promise<ExitCode>): Promise<void> {
  const given = context()
  try {
    process.exitCode = await work(given)
  } catch (error) {
    if (!given.signal.aborted) throw error
    process.exitCode = exitCodes.interrupted
  }
}

function explainError(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.failed
  if (isFanlightError(error)) terminal.say(`fanlight: ${error.message} (${error.code})`, 'red')
  else if (error instanceof Error && 'syscall' in error) terminal.say(`fanlight: ${error.message}`, 'red')
  else {
    const stack = error instanceof Error ? error.stack : String(error)
    terminal.say(`fanlight: this should not have happened, and is a mistake in Fanlight:\n${stack}`)
  }
  return exitCodes.failed
}

try {
  const program = createProgram(version, run)
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.exitOverride().configureOutput({ writeErr: (text) => process.stderr.write(escapeLines(text)) })
  }
  const args = process.argv.slice(2)
  const isBare = args.every((arg) => arg === '--no-input')
  await program.parseAsync(isBare ? [...args, 'sample'] : args, { from: 'user' })
} catch (error) {
  process.exitCode = explainError(error)
}
