import { createHash } from 'node:crypto'

/** Streams and consumers are folders of the server, whose names hold at most 255 bytes. */
const maxNameLength = 100

/**
 * Any text as one token of a subject, which also names streams and consumers: letters, digits and hyphens are
 * themselves, a dot is `_`, every other byte is `=` and two hex digits. Long ones end in a hash.
 */
function tokenOf(text: string): string {
  let token = ''
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte)
    if (/[A-Za-z0-9-]/.test(character)) token += character
    else token += character === '.' ? '_' : `=${byte.toString(16).padStart(2, '0')}`
  }
  // A token may not be empty, and `==` is the escape of no byte.
  if (token === '') return '=='
  if (token.length <= maxNameLength) return token
  return `${token.slice(0, 30)}==${createHash('sha256').update(text).digest('hex')}`
}

/** A prefix has no `_` of its own, so what comes before the first is the prefix. */
const prefixOf = (prefix: string) => tokenOf(prefix).replaceAll('_', '=2e')

/** Of the stream of a topic, and of the consumer of a group. */
export const nameOf = (prefix: string, text: string): string => `${prefixOf(prefix)}_${tokenOf(text)}`

/** Under one token for all topics of a prefix, so that permissions can name them: `fanlight.>`. */
export const subjectOf = (prefix: string, topic: string): string => `${prefixOf(prefix)}.${tokenOf(topic)}`
