import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { escapeLines } from './escape.ts'

type Style = Parameters<typeof styleText>[0]

/** Where a command writes: data to stdout, all else to stderr. */
export interface Terminal {
  readonly out: Writable
  readonly err: Writable
  /** Whether stderr is a terminal that can redraw a line. */
  readonly isLive: boolean
  /** Whether a person can be asked. */
  readonly canAsk: boolean
  readonly columns: number
  /** A line of data: already safe, as `safeJson` and the tables are. */
  data(line: string): void
  /** Lines to the person: escaped here. */
  say(lines: string, style?: Style): void
}

export interface TerminalOptions {
  readonly input: boolean
  readonly env: NodeJS.ProcessEnv
}

export function processTerminal({ input, env }: TerminalOptions): Terminal {
  const { stdout: out, stderr: err, stdin } = process
  const isLive = err.isTTY === true && env.TERM !== 'dumb' && !env.CI
  const colours = isLive && !env.NO_COLOR
  return {
    out,
    err,
    isLive,
    canAsk: input && stdin.isTTY === true && err.isTTY === true,
    columns: out.columns ?? 100,
    data: (line) => void out.write(`${line}\n`),
    say: (lines, style) => {
      const safe = escapeLines(lines)
      err.write(`${colours && style ? styleText(style, safe, { validateStream: false }) : safe}
`)
    },
  }
}
