import { deadTopic, sha256 } from '@fanlight/contracts'
import type { WholeMessage } from './bus.ts'
import { failureOf, isFanlightError } from './errors.ts'

/** The whole message for the dead letters, with why and after how many deliveries it was given up. */
export function deadLetter(message: WholeMessage, error: unknown, attempts: number): WholeMessage {
  const failure = failureOf(error, 'MESSAGE_INVALID')
  return {
    topic: deadTopic(message.topic),
    key: message.key,
    body: message.body,
    headers: {
      ...message.headers,
      // One line, as the headers of brokers must be.
      'fanlight-error': `${failure.code}: ${failure.message.replace(/\p{Cc}+/gu, ' ')}`,
      'fanlight-error-code': failure.code,
      'fanlight-attempts': String(attempts),
      'fanlight-original-topic': message.topic,
    },
  }
}

const MAX_ID_CHARACTERS = 256

/**
 * Publishes the dead letter of a message. Another program may have written one that leaves no room for its error: its
 * letter goes without the contents, because the message would otherwise come again for ever.
 * @param publish throws `MESSAGE_TOO_LARGE` for what the broker does not take
 */
export async function publishDeadLetter(
  publish: (letter: WholeMessage) => Promise<void>,
  message: WholeMessage,
  error: unknown,
  attempts: number,
): Promise<void> {
  try {
    await publish(deadLetter(message, error, attempts))
  } catch (refusal) {
    if (!isFanlightError(refusal) || refusal.code !== 'MESSAGE_TOO_LARGE') throw refusal
    await publish(deadLetter(withoutContents(message), error, attempts))
  }
}

/** What says of a dead letter that its message's body and headers are not in it. */
export const LEFT_OUT = 'fanlight-left-out'

function withoutContents({ topic, key, body, headers }: WholeMessage): WholeMessage {
  const id = headers['ce-id']?.slice(0, MAX_ID_CHARACTERS)
  const leftOut = `a body of ${body.byteLength} bytes, SHA-256 ${sha256(body)}, and its headers`
  return {
    topic,
    key: key.slice(0, MAX_ID_CHARACTERS),
    body: new Uint8Array(),
    headers: { [LEFT_OUT]: leftOut, ...(id !== undefined && { 'ce-id': id }) },
  }
}
