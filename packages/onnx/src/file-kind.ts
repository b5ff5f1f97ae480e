import { Buffer } from 'node:buffer'

/** How other files begin, that are taken for ONNX files. */
const kinds: readonly { kind: string; offset: number; magic: string }[] = [
  { kind: 'a Git LFS pointer (run `git lfs pull`)', offset: 0, magic: 'version https://git-lfs' },
  { kind: 'a TensorFlow Lite model', offset: 4, magic: 'TFL3' },
  { kind: 'a model in onnxruntime’s own ORT format', offset: 4, magic: 'ORTM' },
  { kind: 'a TensorRT engine', offset: 0, magic: 'ptrt' },
  { kind: 'an HDF5 file, as Keras writes', offset: 0, magic: '\x89HDF' },
  { kind: 'an XML or HTML page', offset: 0, magic: '<' },
  { kind: 'a JSON text', offset: 0, magic: '{' },
  { kind: 'a PNG image', offset: 0, magic: '\x89PNG' },
  { kind: 'a JPEG image', offset: 0, magic: '\xff\xd8\xff' },
  { kind: 'a gzip archive', offset: 0, magic: '\x1f\x8b' },
  { kind: 'a ZIP archive', offset: 0, magic: 'PK\x03\x04' },
]

/** Whether the file is what PyTorch's `torch.save` writes: a ZIP that holds `data.pkl`, or, of old, a bare pickle. */
export function isPyTorch(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // PROTO 2..5, the first opcode of a pickle; no field of an ONNX file has that tag.
  if (file[0] === 0x80 && file[1]! >= 2 && file[1]! <= 5) return true
  if (!file.subarray(0, 4).equals(Buffer.from('PK\x03\x04'))) return false
  // The names stand before each entry, the pickle's first as a rule, and again in the directory at the end.
  const edge = 65_536
  return file.subarray(0, edge).includes('/data.pkl') || file.subarray(-edge).includes('/data.pkl')
}

/** Says what a file that is no ONNX model seems to be. */
export function fileKind(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file'
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64)).toString('latin1')
  const known = kinds.find(({ offset, magic }) => start.startsWith(magic, offset))
  if (known !== undefined) return known.kind
  const hex = Buffer.from(start.slice(0, 8), 'latin1')
    .toString('hex')
    .replace(/..(?=.)/g, '$& ')
  return `a file of ${bytes.length} bytes that begins with ${hex}`
}
