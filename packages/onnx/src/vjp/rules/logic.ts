import { type Rule, stop } from '../rule.ts'

// Truth values and integers: no gradient flows through them.

export const And: Rule = stop
export const BitShift: Rule = stop
export const BitwiseAnd: Rule = stop
export const BitwiseNot: Rule = stop
export const BitwiseOr: Rule = stop
export const BitwiseXor: Rule = stop
export const Equal: Rule = stop
export const EyeLike: Rule = stop
export const Greater: Rule = stop
export const GreaterOrEqual: Rule = stop
export const IsInf: Rule = stop
export const IsNaN: Rule = stop
export const Less: Rule = stop
export const LessOrEqual: Rule = stop
export const NonZero: Rule = stop
export const Not: Rule = stop
export const Or: Rule = stop
export const Xor: Rule = stop

/** Its values are what the file holds. */
export const OneHot: Rule = (site) => {
  if (site.wants(2)) throw site.unsupported('has values that the input decides', 'Take a layer behind it')
  return []
}

/** Of floats (fmod = 1): a − b · trunc(a / b), so da = dy. Integers get nothing. */
export const Mod: Rule = (site) => {
  if (site.int('fmod', 0) === 0) return []
  if (site.wants(1)) throw site.unsupported('has a divisor that the input decides', 'Take a layer behind it')
  return [site.sumTo(site.cotangents[0]!, site.outputs[0]!, site.inputs[0]!)]
}
