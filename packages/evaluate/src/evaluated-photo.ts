import { type ExplanationResult, hashOf, type MethodSpec, type Sha256 } from '@fanlight/contracts'
import type { EvaluatedTarget } from './comparison.ts'
import { type EvaluatedMethod, evaluatedMethods } from './evaluated-method.ts'

/** A photo of a job with what became of its explanations. */
export interface EvaluatedPhoto {
  readonly photo: Sha256
  readonly explanations: readonly { readonly method: MethodSpec; readonly result?: ExplanationResult | undefined }[]
}

/** The methods that a job measures, and how to find the measured targets of its photos. */
export function evaluatedJob(specs: readonly MethodSpec[]) {
  const each = evaluatedMethods(specs)
  const methods = each.filter((method) => method !== undefined)
  const byHash = new Map(
    specs.flatMap((spec, i): [string, EvaluatedMethod][] => (each[i] ? [[hashOf(spec), each[i]]] : [])),
  )
  const methodOf = (spec: MethodSpec): EvaluatedMethod | undefined => byHash.get(hashOf(spec))
  return {
    methods,
    /** Undefined for a method that measures nothing. */
    methodOf,
    targetsOf: ({ photo, explanations }: EvaluatedPhoto): EvaluatedTarget[] =>
      explanations.flatMap(({ method, result }) => {
        const key = methodOf(method)?.key
        if (!key || !result) return []
        const image = { width: result.width, height: result.height }
        return result.attributions.flatMap(({ target, forwards, evaluation }) =>
          evaluation ? [{ photo, image, target, method: key, forwards, evaluation }] : [],
        )
      }),
  }
}
