import { isMessage, type Message } from '@bufbuild/protobuf'

/** The message and all messages within it, wherever they are: nothing of a file goes unseen. */
export function* messagesIn(message: Message): Generator<Message> {
  yield message
  const fields: readonly unknown[] = Object.values(message)
  for (const field of fields) {
    if (isMessage(field)) yield* messagesIn(field)
    // A list holds one kind of thing, and may be millions of numbers.
    else if (Array.isArray(field) && isMessage(field[0])) for (const child of field) yield* messagesIn(child)
  }
}
