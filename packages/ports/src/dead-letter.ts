import { deadTopic } from '@fanlight/contracts'
import type { WholeMessage } from './bus.ts'
import { failureOf } from './errors.ts'

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
