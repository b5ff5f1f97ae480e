// Names come from files, models and messages: whoever wrote them must not command the terminal that shows them.

/**
 * What a terminal acts upon or hides: controls (C0, C1, DEL), formats (bidirectional overrides, zero-width, byte
 * order mark, tags), line and paragraph separators, lone surrogates, private use and unassigned code points.
 */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' }

/** One line that is safe to print: every character that a terminal would not show as itself is spelled out. */
export function escapeText(text: string): string {
  return text.replace(UNSHOWABLE, (character) => {
    return SHORT[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`
  })
}

/** What JSON.stringify leaves in strings that a terminal would act upon or hide; outside of strings JSON has none. */
const UNSHOWABLE_IN_JSON = /[\x7f-\x9f\p{Cf}\u2028\u2029]/gu

/** JSON of the same value on one line, safe to print. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSHOWABLE_IN_JSON, (character) =>
    Array.from({ length: character.length }, (_, i) => {
      return `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
    }).join(''),
  )
}

/** The same for text of several lines, which stay lines. */
export function escapeLines(text: string): string {
  return text.split(/\r?\n/).map(escapeText).join('\n')
}

/** Escaped, and cut in the middle, where names differ least, to at most `length` characters. */
export function shorten(text: string, length: number): string {
  const characters = [...escapeText(text)]
  if (characters.length <= length) return characters.join('')
  const head = Math.floor((length - 1) / 2)
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (length - 1 - head)).join('')}`
}
