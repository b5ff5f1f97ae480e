import { InputError, isFanlightError, TransientError } from '@fanlight/ports'
import { Client } from 'pg'
import { storeError } from './database.ts'

/** Where the database is, for people and for logs: without its password. */
export interface Place {
  readonly url: string
  readonly name: string
}

/** @throws InputError `CONFIGURATION_INVALID`, which does not repeat the URL: it may hold a password */
export function placeOf(url: string): Place {
  const example = 'postgres://user:password@host:5432/fanlight'
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new InputError('CONFIGURATION_INVALID', `the URL of the store must be like ${example}`)
  }
  try {
    // The driver's own reading of it, files of certificates included.
    const { host, port, database, user } = new Client({ connectionString: url })
    return { url, name: `PostgreSQL ${database} at ${host}:${port} (user ${user})` }
  } catch (error) {
    const said = error instanceof Error && 'syscall' in error ? `: ${error.message}` : ''
    throw new InputError(
      'CONFIGURATION_INVALID',
      `the URL of the store cannot be used; it must be like ${example}${said}`,
    )
  }
}

export const READ_ONLY =
  'is read-only: it is a standby, or default_transaction_read_only is set; let the URL name the primary'

/** Nothing happened, and the same may go well at once. */
const UNDONE = new Set(['40001', '40P01'])
const MAX_RUNS = 6

/**
 * Runs a transaction again that PostgreSQL undid for the sake of another one (serialization, deadlock, a row that moved
 * to another partition).
 */
export async function whileUndone<T>(call: () => Promise<T>, told: (error: unknown) => Error): Promise<T> {
  for (let run = 1; ; run++) {
    try {
      return await call()
    } catch (error) {
      if (run === MAX_RUNS || !UNDONE.has(codeOf(error) ?? '')) throw told(error)
      await new Promise((resolve) => setTimeout(resolve, 2 ** run))
    }
  }
}

/** What PostgreSQL's codes (its manual's appendix A) and Node's ask of people. */
const REMEDIES: readonly [codes: RegExp, retry: 'later' | 'never', remedy: string][] = [
  [/^28/, 'never', 'refuses user or password: correct them in the URL of the store, or in pg_hba.conf'],
  [/^3D000$/, 'never', 'has no such database: create it, or correct the URL of the store'],
  [/^42501$/, 'never', 'does not let this user do so: make the user the owner of the database'],
  [
    /^(42P01|42703|42883)$/,
    'never',
    'has not the schema of this Fanlight: was a table dropped, or search_path changed?',
  ],
  [/^(57P0[123]|08)/, 'later', 'is stopping or starting; the work goes on when it is back'],
  [/^53300$/, 'later', 'has no connection left: raise its max_connections, or run fewer services'],
  [/^53200$/, 'later', 'is out of memory'],
  [/^25006$/, 'later', READ_ONLY],
  [
    /^(57014|55P03|25P0[34])$/,
    'later',
    'took too long: another transaction holds its rows, or the server is overloaded',
  ],
  [/^(40001|40P01)$/, 'later', 'undid the transaction again and again for the sake of others'],
  [
    /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|ENOENT|EACCES)/,
    'later',
    'cannot be reached: does it run, and is the URL of the store right?',
  ],
  [
    /CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO/,
    'never',
    'shows no certificate that we trust: set sslrootcert in the URL of the store, or NODE_EXTRA_CA_CERTS',
  ],
]

/** What the driver says without a code. */
const SAID: readonly [said: RegExp, code: string][] = [
  [/does not support SSL/i, 'ERR_TLS'],
  [/timeout|terminated|Connection ended|not queryable|discarded/i, 'ECONNRESET'],
  [/password/i, '28P01'],
]

/**
 * The error in the port's terms, with what to do; never with the password.
 * @param opening whether nobody works with the store yet: later on a password that is changed, or rights that are
 *   taken away, must not send whatever message comes in to the dead letters
 */
export function postgresError(error: unknown, { name }: Place, { opening = false } = {}): Error {
  if (isFanlightError(error)) return error
  const said = error instanceof Error ? error.message : String(error)
  const code = codeOf(error) ?? SAID.find(([pattern]) => pattern.test(said))?.[1] ?? ''
  const [, retry, remedy] = REMEDIES.find(([codes]) => codes.test(code)) ?? []
  if (remedy === undefined) return storeError(error)
  const message = `${name} ${remedy} (${said || code})`
  const cause = { cause: error }
  if (retry === 'later' || !opening) return new TransientError('STORE_UNAVAILABLE', message, cause)
  return new InputError('STORE_UNAVAILABLE', message, cause)
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}
