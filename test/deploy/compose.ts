import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DCLinter } from 'dclint'
import { parse } from 'yaml'
import { root } from './render.ts'

export const composePath = join(root, 'deploy/compose.yaml')

export interface ComposeService {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly target: string }
  readonly profiles?: readonly string[]
  readonly user?: string
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string; readonly required?: boolean }>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly cap_add?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly configs?: readonly { readonly source: string }[]
  readonly stop_grace_period?: string
  readonly deploy?: {
    readonly resources?: {
      readonly limits?: { readonly cpus?: string; readonly memory?: string; readonly pids?: number }
      readonly reservations?: {
        readonly devices?: readonly { readonly driver: string; readonly capabilities: string[] }[]
      }
    }
  }
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly configs: Readonly<Record<string, { readonly file: string }>>
  readonly volumes: Readonly<Record<string, object>>
}

export const readCompose = async (): Promise<Compose> => parse(await readFile(composePath, 'utf8'), { merge: true })

/** What the schema of the Compose specification says, and the linter's rules on meaning; those on order are off. */
export function composeFaults(path: string): readonly string[] {
  const linter = new DCLinter({
    rules: {
      'no-duplicate-container-names': 2,
      'no-duplicate-exported-ports': 2,
      'no-unbound-port-interfaces': 2,
      'no-version-field': 2,
      'require-project-name-field': 2,
      'require-quotes-in-ports': [2, { quoteType: 'double' }],
      'service-image-require-explicit-tag': 2,
      // An image of ours has the name under which it is built.
      'no-build-and-image': 0,
      'no-quotes-in-volumes': 0,
      'service-dependencies-alphabetical-order': 0,
      'service-keys-order': 0,
      'service-ports-alphabetical-order': 0,
      'services-alphabetical-order': 0,
      'top-level-properties-order': 0,
    },
    quiet: false,
    debug: false,
    exclude: [],
  })
  // Its own types of a result cannot be resolved by Node's rules.
  const results: readonly { messages: readonly { line: number; message: string }[] }[] = linter.lintFiles([path], false)
  return results.flatMap(({ messages }) => messages.map(({ line, message }) => `${line}: ${message}`))
}
