/** What Python's `ast.literal_eval` could give, apart from bytes, sets and complex numbers. */
export type PythonLiteral =
  | null
  | boolean
  | number
  | string
  | readonly PythonLiteral[]
  | ReadonlyMap<PythonLiteral, PythonLiteral>

const MAX_LENGTH = 4 * 1024 * 1024
const MAX_DEPTH = 16
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const SPACE = /\s*/y
const PLAIN = /[^\\'"\n]+/y
const WORDS = new Map<string, PythonLiteral>([
  ['None', null],
  ['True', true],
  ['False', false],
])
const ESCAPES = new Map(Object.entries({ n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v', '\n': '' }))
const CODES: Readonly<Record<string, RegExp>> = { x: /[\da-fA-F]{2}/y, u: /[\da-fA-F]{4}/y, U: /[\da-fA-F]{8}/y }

/**
 * Reads the text that Python's `str()` makes of dicts, lists, tuples, strings, numbers, booleans and None. Nothing is
 * evaluated. Dicts become Maps, so that no key can reach a prototype; tuples become arrays.
 * @throws SyntaxError on anything else, on more than 4 MiB of text, and on nesting deeper than 16
 */
export function parsePythonLiteral(text: string): PythonLiteral {
  if (text.length > MAX_LENGTH) throw new SyntaxError(`a Python literal of ${text.length} characters is too long`)
  const parser = new Parser(text)
  const value = parser.value(0)
  parser.end()
  return value
}

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): PythonLiteral {
    if (depth > MAX_DEPTH) this.#fail(`nesting deeper than ${MAX_DEPTH}`)
    this.#match(SPACE)
    const next = this.#text[this.#at]
    if (next === '{') return this.#dict(depth)
    if (next === '[') return this.#items(']', depth).values
    if (next === '(') return this.#tuple(depth)
    if (next === "'" || next === '"') return this.#string(next)
    const word = this.#word()
    return word === undefined ? this.#number() : word
  }

  end(): void {
    this.#match(SPACE)
    if (this.#at < this.#text.length) this.#fail('more text')
  }

  #dict(depth: number): ReadonlyMap<PythonLiteral, PythonLiteral> {
    const entries = new Map<PythonLiteral, PythonLiteral>()
    this.#list('}', () => {
      const key = this.value(depth + 1)
      if (!this.#take(':')) this.#fail("no ':'")
      entries.set(key, this.value(depth + 1))
    })
    return entries
  }

  /** `(1)` is a number in brackets, `(1,)` a tuple. */
  #tuple(depth: number): PythonLiteral {
    const { values, comma } = this.#items(')', depth)
    return values.length === 1 && !comma ? values[0]! : values
  }

  #items(close: string, depth: number): { values: PythonLiteral[]; comma: boolean } {
    const values: PythonLiteral[] = []
    const comma = this.#list(close, () => values.push(this.value(depth + 1)))
    return { values, comma }
  }

  /** Reads items up to the closing bracket; says whether the last one was followed by a comma. */
  #list(close: string, item: () => void): boolean {
    this.#at++
    let comma = false
    for (let first = true; !this.#take(close); first = false) {
      if (!first && !comma) this.#fail(`neither ',' nor '${close}'`)
      item()
      comma = this.#take(',')
    }
    return comma
  }

  #string(quote: string): string {
    this.#at++
    let text = ''
    while (this.#text[this.#at] !== quote) {
      const next = this.#text[this.#at]
      if (next === undefined || next === '\n') this.#fail('a string without an end')
      if (next === '\\') text += this.#escape()
      else text += this.#match(PLAIN) ?? this.#text[this.#at++]
    }
    this.#at++
    return text
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? ''
    this.#at += 2
    const code = CODES[letter]
    if (code !== undefined) {
      const point = Number.parseInt(this.#match(code) ?? 'none', 16)
      if (!(point <= 0x10ffff)) this.#fail('a broken escape')
      return String.fromCodePoint(point)
    }
    if (letter === '0') return '\0'
    return ESCAPES.get(letter) ?? (letter === '\\' || letter === "'" || letter === '"' ? letter : `\\${letter}`)
  }

  #word(): PythonLiteral | undefined {
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      return value
    }
    return undefined
  }

  #number(): number {
    const text = this.#match(NUMBER)
    if (text === undefined) this.#fail('no literal')
    return Number(text)
  }

  #take(character: string): boolean {
    this.#match(SPACE)
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #fail(what: string): never {
    throw new SyntaxError(`not a Python literal: ${what} at character ${this.#at}`)
  }
}
