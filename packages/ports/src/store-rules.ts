import { type ErrorCode, InputError } from './errors.ts'

// What every store driver does alike: see S10, S11 and S18 of docs/spec/store.md.

/** Text as every store can keep it: well formed, and without the NUL that PostgreSQL has no room for. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\u2400')

/** @throws InputError `MESSAGE_INVALID` for an id that not every store could keep */
export function checkId(id: string): string {
  if (storable(id) === id) return id
  throw new InputError('MESSAGE_INVALID', `id ${JSON.stringify(id)} holds NUL or half a character: use another id`)
}

/** The place of a row in its order, as an opaque text. */
export type CursorKeys = readonly (string | number)[]

export const encodeCursor = (keys: CursorKeys): string => Buffer.from(JSON.stringify(keys)).toString('base64url')

/** @throws InputError `USAGE` for text that `encodeCursor` never made of as many keys of these types */
export function decodeCursor(cursor: string, types: readonly ('string' | 'number')[]): CursorKeys {
  try {
    const keys: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const fits =
      Array.isArray(keys) && keys.length === types.length && types.every((type, i) => typeof keys[i] === type)
    if (fits) return keys
  } catch {}
  throw new InputError('USAGE', `${JSON.stringify(cursor)} is no cursor of a page: pass the one that came with it`)
}

const LASTING: ReadonlySet<string> = new Set<ErrorCode>([
  'IMAGE_UNREADABLE',
  'IMAGE_UNSUPPORTED',
  'IMAGE_TOO_LARGE',
  'MODEL_INVALID',
  'MODEL_UNSAFE',
  'MODEL_UNSUPPORTED',
  'MODEL_FAMILY_UNKNOWN',
  'MODEL_OUTPUT_INVALID',
  'EXPLAINER_MISUSED',
  'USAGE',
])

/** Whether a failure of this code is a property of the bytes: whoever tries them again fails again. */
export const isLasting = (code: string): boolean => LASTING.has(code)
