import { InputError } from '@fanlight/ports'
import { createGateway, type GatewayOptions } from './gateway.ts'

export interface StartOptions extends GatewayOptions {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** 0 takes a free one. */
  readonly port: number
}

/**
 * Serves until closed.
 * @throws InputError `PORT_IN_USE` naming the port and the remedy
 */
export async function startGateway(options: StartOptions): Promise<{ url: string; close: () => Promise<void> }> {
  const { host = '127.0.0.1', port, allowedHosts = [] } = options
  const app = createGateway({ ...options, allowedHosts: [...allowedHosts, host] })
  try {
    const url = await app.listen({ host, port })
    return { url, close: () => app.close() }
  } catch (cause) {
    await app.close()
    if (!isNodeError(cause)) throw cause
    if (cause.code === 'EADDRINUSE') {
      throw new InputError(
        'PORT_IN_USE',
        `port ${port} is in use: choose another with --port, or stop what listens there`,
        { cause },
      )
    }
    if (cause.code === 'EACCES') {
      throw new InputError('USAGE', `port ${port} may not be opened by this user: choose one above 1023 with --port`, {
        cause,
      })
    }
    throw cause
  }
}

function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error
}
