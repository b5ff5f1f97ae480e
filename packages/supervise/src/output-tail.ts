import type { Readable } from 'node:stream'

const TAIL_BYTES = 2048

/** Reads streams to their ends and keeps the last 2 KB of what both say together. */
export class OutputTail {
  #bytes = Buffer.alloc(0)

  constructor(streams: readonly (Readable | null)[]) {
    for (const stream of streams) {
      stream?.on('data', (chunk: Buffer) => {
        this.#bytes = Buffer.from(Buffer.concat([this.#bytes, chunk]).subarray(-TAIL_BYTES))
      })
      // A broken pipe says no more than the exit does.
      stream?.on('error', () => {})
    }
  }

  /** Safe on a terminal: of the control characters only line feeds are left, the others are written as \u{…}. */
  text(): string {
    return this.#bytes
      .toString('utf8')
      .trim()
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
        character === '\n' ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
      )
  }
}
