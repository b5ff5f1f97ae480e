import { isIP } from 'node:net'
import helmet from '@fastify/helmet'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HttpProblem } from './problem.ts'

const POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  manifestSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
}

/**
 * There is no password on a laptop's loopback, so other web pages must not be able to speak through the reader's
 * browser: not under a name of their own that resolves to 127.0.0.1 (DNS rebinding), and not by posting forms.
 */
export function guardBrowsers(
  app: FastifyInstance,
  options: { allowedHosts: readonly string[] },
  done: () => void,
): void {
  const names = new Set(['localhost', ...options.allowedHosts.map((name) => name.toLowerCase())])
  app.addHook('onRequest', async (request) => {
    if (!isAddress(hostOf(request)) && !names.has(hostOf(request))) {
      throw new HttpProblem(
        421,
        `The host "${printable(request.headers.host ?? '')}" is not served here; use localhost or the address in figures`,
      )
    }
    const reads = request.method === 'GET' || request.method === 'HEAD'
    if (!reads && !isSameOrigin(request)) throw new HttpProblem(403, 'Changes are taken from the dashboard itself only')
  })
  app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: POLICY },
    enableCSPNonces: true,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    // TLS is the business of whoever puts a proxy in front.
    strictTransportSecurity: false,
  })
  done()
}
// Its hooks are for every route, not for its own: what `fastify-plugin` does.
Object.assign(guardBrowsers, { [Symbol.for('skip-override')]: true })

/** The Host header in lower case, without port and brackets. */
function hostOf({ headers: { host = '' } }: FastifyRequest): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
}

/** Rebinding needs a name: an address in figures is where the browser really went. */
const isAddress = (host: string) => isIP(host) > 0

/** Programs send neither header; browsers send one at least with every change. */
function isSameOrigin({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return false
  return headers.origin === undefined || sameHost(headers.origin, headers.host)
}

function sameHost(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)
}
