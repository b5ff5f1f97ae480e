/** What a shell is told. */
export const exitCodes = {
  fine: 0,
  /** A difference was looked for and found: `verify`. */
  found: 1,
  /** Usage, or a failure of the command as a whole. */
  failed: 2,
  someInputsFailed: 3,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
