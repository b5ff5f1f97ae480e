import { InputError } from '@fanlight/ports'

/** What `decodeImage` reads; decided by content, never by name. */
export type ImageFormat = 'JPEG' | 'PNG' | 'WebP' | 'AVIF' | 'TIFF' | 'GIF' | 'BMP'

/** Bytes (as Latin-1 text) by offset, all of which must be there. */
type Magic = Readonly<Record<number, string>>
type Known<Name> = readonly [Name, ...Magic[]]

const READABLE: readonly Known<ImageFormat>[] = [
  ['JPEG', { 0: '\xff\xd8\xff' }],
  ['PNG', { 0: '\x89PNG\r\n\x1a\n' }],
  ['WebP', { 0: 'RIFF', 8: 'WEBP' }],
  ['AVIF', { 4: 'ftypavif' }, { 4: 'ftypavis' }, { 4: 'ftypmif1', 16: 'avif' }, { 4: 'ftypmif1', 20: 'avif' }],
  ['TIFF', { 0: 'II*\0' }, { 0: 'MM\0*' }, { 0: 'II+\0' }, { 0: 'MM\0+' }],
  ['GIF', { 0: 'GIF87a' }, { 0: 'GIF89a' }],
  ['BMP', { 0: 'BM' }],
]

/** Named, so that a person learns what the file is instead of only what it is not. */
const REFUSED: readonly Known<string>[] = [
  ['a PDF document', { 0: '%PDF-' }],
  ['a PostScript document', { 0: '%!PS' }],
  ['a HEIC picture', { 4: 'ftyphei' }, { 4: 'ftyphev' }, { 4: 'ftypmif1' }, { 4: 'ftypmsf1' }],
  ['a video', { 4: 'ftyp' }, { 0: '\x1a\x45\xdf\xa3' }, { 0: 'RIFF', 8: 'AVI ' }],
  ['a JPEG XL picture', { 0: '\xff\x0a' }, { 0: '\0\0\0\x0cJXL ' }],
  ['a JPEG 2000 picture', { 0: '\0\0\0\x0cjP  ' }, { 0: '\xff\x4f\xff\x51' }],
  ['a Photoshop document', { 0: '8BPS' }],
  ['an icon', { 0: '\0\0\x01\0' }, { 0: '\0\0\x02\0' }],
  ['a ZIP archive', { 0: 'PK\x03\x04' }],
  ['a gzip archive', { 0: '\x1f\x8b' }],
]

const SNIFFED_BYTES = 4096

/**
 * Tells the format by the first bytes.
 * @throws InputError `IMAGE_UNSUPPORTED` for a known format that is not read, `IMAGE_UNREADABLE` for anything else
 */
export function formatOf(bytes: Uint8Array): ImageFormat {
  if (bytes.byteLength === 0) throw new InputError('IMAGE_UNREADABLE', 'the file is empty: copy or export it again')
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, SNIFFED_BYTES)).toString('latin1')
  const format = nameIn(READABLE, head)
  if (format) return format
  const remedy = `use ${READABLE.map(([name]) => name).join(', ')}`
  const other = nameIn(REFUSED, head) ?? markupIn(head)
  if (other) throw new InputError('IMAGE_UNSUPPORTED', `the file is ${other}, whatever its name says: ${remedy}`)
  const first = Buffer.from(head.slice(0, 8), 'latin1').toString('hex')
  throw new InputError('IMAGE_UNREADABLE', `the file is no picture (it starts with the bytes ${first}): ${remedy}`)
}

function nameIn<Name>(known: readonly Known<Name>[], head: string): Name | undefined {
  const matches = (magic: Magic) => Object.entries(magic).every(([at, text]) => head.startsWith(text, Number(at)))
  return known.find(([, ...magics]) => magics.some(matches))?.[0]
}

function markupIn(head: string): string | undefined {
  const text = head.replace(/^\xef\xbb\xbf/, '').trimStart()
  if (!text.startsWith('<')) return undefined
  return /<(\w+:)?svg[\s>]/i.test(text) ? 'an SVG drawing' : 'an HTML or XML page'
}
