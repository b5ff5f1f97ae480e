import { MethodSpec } from '@fanlight/contracts'

/** A method whose maps a job measures. */
export interface EvaluatedMethod {
  /** Tells it from the job's others: the method's name where that does. */
  readonly key: string
  /** For people: the name, and what sets it apart where a job has the method twice. */
  readonly name: string
  readonly method: MethodSpec
  /** It was asked of the network with its weights drawn anew. */
  readonly randomised: boolean
  /** Knows nothing of what the network learned: what a method must beat. */
  readonly baseline: boolean
}

const BLIND: readonly string[] = ['box-gaussian', 'random']

/** @returns one for each of a job's methods, in their order; undefined for those that measure nothing */
export function evaluatedMethods(specs: readonly MethodSpec[]): readonly (EvaluatedMethod | undefined)[] {
  const inner = specs.map(innerOf)
  const taken = new Map<string, number>()
  return inner.map((each) => {
    if (!each) return undefined
    const { method, randomised } = each
    const plain = randomised ? `${method.name}-redrawn` : method.name
    const turn = (taken.get(plain) ?? 0) + 1
    taken.set(plain, turn)
    return {
      ...each,
      key: turn === 1 ? plain : `${plain}-${turn}`,
      name: nameOf(each, inner),
      baseline: randomised || BLIND.includes(method.name),
    }
  })
}

interface Inner {
  readonly method: MethodSpec
  readonly randomised: boolean
}

function innerOf({ name, params }: MethodSpec): Inner | undefined {
  if (name !== 'evaluate') return undefined
  const method = MethodSpec.safeParse(params.method)
  return method.success ? { method: method.data, randomised: params.randomised != null } : undefined
}

function nameOf({ method, randomised }: Inner, all: readonly (Inner | undefined)[]): string {
  const alike = all.flatMap((other) =>
    other?.method.name === method.name && other.randomised === randomised ? other : [],
  )
  const said = Object.entries(method.params)
    .filter(([param, value]) => alike.some((other) => !isSame(other.method.params[param], value)))
    .map(([param, value]) => `${param} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
  const parts = [...(randomised ? ['weights drawn anew'] : []), ...said]
  return parts.length > 0 ? `${method.name} (${parts.join(', ')})` : method.name
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
