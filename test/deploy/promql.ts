import { parser } from '@prometheus-io/lezer-promql'

/** The metrics that an expression of PromQL names. @throws Error when it is none */
export function metricsOf(expression: string): readonly string[] {
  // Grafana puts a duration in its place.
  const text = expression.replaceAll('$__rate_interval', '5m')
  const metrics: string[] = []
  parser.parse(text).iterate({
    enter: ({ type, name, from, to, node }) => {
      if (type.isError) throw new Error(`no PromQL at ${from}: ${text}`)
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') metrics.push(text.slice(from, to))
    },
  })
  return metrics
}
