import type { Message } from '@fanlight/ports'
import { headers as emptyHeaders, type MsgHdrs } from '@nats-io/transport-node'

/** Of the one header of ours: the key, and the headers that NATS would alter, refuse, or take for its own. */
const envelopeHeader = 'fanlight-envelope'

const safeName = /^(?!nats-|fanlight-envelope$)[a-z0-9-]+$/
const safeValue = /^[!-~]([ -~]*[!-~])?$/

export interface Packed {
  readonly headers: MsgHdrs
  readonly body: Uint8Array
  /** Bytes on the wire: the server bounds these, and these and the body together (`max_payload`). */
  readonly headersSize: number
}

/** A copy of the message, whose key and headers may hold anything. */
export function pack({ key, body, headers = {} }: Message): Packed {
  const packed = emptyHeaders()
  const odd: Record<string, string> = Object.create(null)
  let hasOdd = false
  let headersSize = 'NATS/1.0\r\n\r\n'.length
  const set = (name: string, value: string) => {
    packed.set(name, value)
    headersSize += name.length + value.length + ': \r\n'.length
  }
  for (const [name, value] of Object.entries(headers)) {
    if (safeName.test(name) && safeValue.test(value)) {
      set(name, value)
    } else {
      odd[name] = value
      hasOdd = true
    }
  }
  set(envelopeHeader, asciiJson(hasOdd ? { key, headers: odd } : { key }))
  return { headers: packed, body: new Uint8Array(body), headersSize }
}

/** What `pack` was given. Never throws: what another program published has no key, and its headers as they are. */
export function unpack(packed: MsgHdrs | undefined): Required<Pick<Message, 'key' | 'headers'>> {
  const envelope = readEnvelope(packed?.get(envelopeHeader) ?? '')
  const entries = [...(packed ?? [])].map(([name, values]): [string, string] => [name, values.join(',')])
  const plain = entries.filter(([name]) => name !== envelopeHeader || !envelope)
  // Not by assignment: `__proto__` is a header like any other.
  return { key: envelope?.key ?? '', headers: Object.fromEntries([...plain, ...(envelope?.odd ?? [])]) }
}

function readEnvelope(text: string): { key: string; odd: [string, string][] } | undefined {
  try {
    const { key, headers = {} } = JSON.parse(text)
    if (typeof key !== 'string' || typeof headers !== 'object' || headers === null) return undefined
    return { key, odd: Object.entries(headers).map(([name, value]) => [name, String(value)]) }
  } catch {
    return undefined
  }
}

/** In one line of printable ASCII, as headers must be; lone surrogates keep their value. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
