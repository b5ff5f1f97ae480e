import { InputError } from '@fanlight/ports'

/** What opens a port, by the scheme of the URL that names it: another driver is another line. */
export type Openers<Config, Port> = Readonly<Record<string, (config: Config) => Promise<Port>>>

/** @throws InputError `CONFIGURATION_INVALID` for a scheme that no driver has */
export function driverFor<Config, Port>(
  variable: string,
  url: string,
  openers: Openers<Config, Port>,
): (config: Config) => Promise<Port> {
  const scheme = url.slice(0, Math.max(0, url.indexOf('://')))
  const open = Object.hasOwn(openers, scheme) ? openers[scheme] : undefined
  if (open) return open
  const known = Object.keys(openers).map((name) => `${name}://`)
  throw new InputError('CONFIGURATION_INVALID', `${variable} begins with none of ${known.join(', ')}`)
}
