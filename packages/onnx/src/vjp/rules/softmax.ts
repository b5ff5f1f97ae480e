import { type Rule, type Site, stop } from '../rule.ts'
import { summed } from './along.ts'

const total = (site: Site, value: string) => summed(site, value, [site.int('axis', -1)])

/** y = eˣ / Σ eˣ along the axis: dx = y · (dy − Σ dy · y). */
export const Softmax: Rule = (site) => {
  const [dy, y] = [site.cotangents[0]!, site.outputs[0]!]
  return [site.op('Mul', y, site.op('Sub', dy, total(site, site.op('Mul', dy, y))))]
}

/** y = x − ln Σ eˣ: dx = dy − e^y · Σ dy. */
export const LogSoftmax: Rule = (site) => {
  const [dy, y] = [site.cotangents[0]!, site.outputs[0]!]
  return [site.op('Sub', dy, site.op('Mul', site.op('Exp', y), total(site, dy)))]
}

export const Hardmax: Rule = stop
