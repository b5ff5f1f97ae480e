import { deadTopic } from '@fanlight/contracts'
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

const MAX_KEY_CHARACTERS = 256

/**
 * Puts a message among the dead letters. Another program may have written one that leaves no room for its error: the
 * letter then goes without the contents, because the message would otherwise come again for ever.
 * @param publish throws `MESSAGE_TOO_LARGE` for what the broker does not take
 */
export async function bury(
  publish: (letter: WholeMessage) => Promise<void>,
  message: WholeMessage,
  error: unknown,
  attempts: number,
): Promise<void> {
  try {
    await publish(deadLetter(message, error, attempts))
  } catch (refusal) {
    if (!isFanlightError(refusal) || refusal.code !== 'MESSAGE_TOO_LARGE') throw refusal
    const { topic, key, body } = message
    const rest = { topic, key: key.slice(0, MAX_KEY_CHARACTERS), body: new Uint8Array(), headers: {} }
    const letter = deadLetter(rest, error, attempts)
    await publish({
      ...letter,
      headers: { ...letter.headers, 'fanlight-left-out': `${body.byteLength} bytes of body` },
    })
  }
}
