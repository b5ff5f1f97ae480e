import type { Message } from '@bufbuild/protobuf'

/** The fields are shared: replace them, do not change them. Keeps what the schema does not know, and proto2's defaults. */
export function copyOf<T extends Message>(message: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(message)), message)
}

/** A copy with some fields replaced. */
export function changed<T extends Message>(message: T, fields: Partial<Omit<T, '$typeName'>>): T {
  return Object.assign(copyOf(message), fields)
}
