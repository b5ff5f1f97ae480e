import { InputError } from '@fanlight/ports'

/** numpy.lib.format 1.0: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
const MAGIC = Buffer.from('\x93NUMPY\x01\x00', 'latin1')
const HEADER_AT = MAGIC.length + 2
const ALIGNMENT = 64

/**
 * @param data C order (row-major), as many values as the shape holds
 * @returns an NPY 1.0 file, little-endian float32; the same bytes as `numpy.save` writes
 * @throws RangeError when data and shape disagree
 */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const count = shape.reduce((product, side) => product * side, 1)
  if (count !== data.length) throw new RangeError(`${data.length} values do not fill the shape [${shape}]`)
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`
  const headerLength = Math.ceil((HEADER_AT + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT - HEADER_AT
  const bytes = new Uint8Array(HEADER_AT + headerLength + data.length * 4)
  bytes.set(MAGIC)
  const view = new DataView(bytes.buffer)
  view.setUint16(MAGIC.length, headerLength, true)
  bytes.set(Buffer.from(`${dictionary.padEnd(headerLength - 1)}\n`, 'latin1'), HEADER_AT)
  for (const [i, value] of data.entries()) view.setFloat32(HEADER_AT + headerLength + i * 4, value, true)
  return bytes
}

/**
 * Reads what `encodeNpy` or `numpy.save` wrote; other types, orders and versions are refused.
 * @throws InputError `ARTIFACT_CORRUPT`
 */
export function decodeNpy(bytes: Uint8Array): { readonly data: Float32Array; readonly shape: readonly number[] } {
  if (bytes.byteLength < HEADER_AT || !MAGIC.equals(bytes.subarray(0, MAGIC.length))) {
    throw corrupt('it does not start like an NPY 1.0 file')
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const dataAt = HEADER_AT + view.getUint16(MAGIC.length, true)
  if (dataAt > bytes.byteLength) throw corrupt('its header is cut off')
  const header = Buffer.from(bytes.subarray(HEADER_AT, dataAt)).toString('latin1')
  const shape = shapeOf(header)
  const count = shape.reduce((product, side) => product * side, 1)
  if (count * 4 !== bytes.byteLength - dataAt) {
    throw corrupt(`its shape [${shape}] takes ${count * 4} bytes, it has ${bytes.byteLength - dataAt}`)
  }
  return { data: Float32Array.from({ length: count }, (_, i) => view.getFloat32(dataAt + i * 4, true)), shape }
}

function shapeOf(header: string): number[] {
  const match =
    /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(((?:\d{1,9}(?:, \d{1,9}){0,7})?),?\), \} *\n$/.exec(header)
  if (!match) throw corrupt('its header does not say C-ordered little-endian float32')
  return match[1] === '' ? [] : match[1]!.split(', ').map(Number)
}

const corrupt = (why: string) => new InputError('ARTIFACT_CORRUPT', `the NPY file is corrupt, ${why}: make it again`)
