import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Logger } from '@fanlight/service-kit'
import type { Limits } from '@fanlight/service-kit/limits'
import type { Terminal } from './terminal.ts'

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal
  readonly env: NodeJS.ProcessEnv
  /** The data folder. */
  readonly home: string
  readonly limits: Limits
  readonly logger: Logger
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal
  /** Of Fanlight. */
  readonly version: string
}

/** `FANLIGHT_HOME`, or `.fanlight` in the person's home folder. */
export const homeFolder = (env: NodeJS.ProcessEnv): string => resolve(env.FANLIGHT_HOME || join(homedir(), '.fanlight'))
