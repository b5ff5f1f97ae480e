import { fileURLToPath } from 'node:url'
import { hashOf, type JobSpec, type MethodSpec } from '@fanlight/contracts'
import { methodNames, methodSpec } from '@fanlight/explain'

export interface Explained {
  readonly spec: JobSpec
  readonly method: MethodSpec
  /** Where the photo is. */
  readonly uri: string
  /** Forwards that its maps depend on; 0 or unknown leaves the choice to the method. */
  readonly forwards: number
}

/** The command that asks for the same explanation again, for a POSIX shell. */
export function explainCommand({ spec, method, uri, forwards }: Explained): string {
  const { detector, policy, seed } = spec
  const options: [string, string][] = [
    ['--model', pathOf(detector.uri)],
    ['--family', detector.descriptor.family],
    ['--method', method.name],
    ...(forwards > 0 ? [['--forwards', String(forwards)] as [string, string]] : []),
    ...unusualParams(method, forwards),
    ['--seed', String(seed)],
    ['--min-score', String(policy.minScore)],
    ['--objective', policy.objectives.join(',')],
    ['--max-targets', String(policy.maxTargets)],
    ...(policy.given ?? []).map(
      (target) => ['--target', `${target.class}:${target.box.join(',')}`] as [string, string],
    ),
  ]
  return [
    'npx fanlight explain',
    shellWord(pathOf(uri)),
    ...options.map(([name, value]) => `${name} ${shellWord(value)}`),
  ].join(' ')
}

/** The parameters that the method would not have by itself under that budget. */
function unusualParams({ name, params }: MethodSpec, forwards: number): [string, string][] {
  const isKnown = methodNames.some((known) => known === name)
  const usual = isKnown ? methodSpec(name, {}, forwards > 0 ? forwards : undefined).params : {}
  return Object.entries(params).flatMap(([param, value]) =>
    usual[param] !== undefined && hashOf(usual[param]) === hashOf(value)
      ? []
      : [['--set', `${name}.${param}=${JSON.stringify(value)}`] as [string, string]],
  )
}

function pathOf(uri: string): string {
  return uri.startsWith('file:') ? fileURLToPath(uri) : uri
}

/** Quoted where a shell would take it apart; control characters are spelled out, so that pasting one does nothing. */
export function shellWord(text: string): string {
  if (/^[\w@%+:,./-]+$/.test(text)) return text
  if (!/[\p{Cc}\p{Cf}]/u.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`
  const spelled = text.replace(/[\\']/g, '\\$&').replace(/[\p{Cc}\p{Cf}]/gu, (character) => {
    const bytes = [...Buffer.from(character)]
    return bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  })
  return `$'${spelled}'`
}
