import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { IRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import { parse } from 'yaml'
import { createMetrics } from '../../packages/service-kit/src/metrics.ts'
import { metricsOf } from './promql.ts'
import { root } from './render.ts'

interface Panel {
  readonly id: number
  readonly title: string
  readonly description: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: readonly { readonly expr: string }[]
}

const read = (path: string) => readFile(join(root, path), 'utf8')
const dashboard = JSON.parse(await read('deploy/grafana/fanlight.json')) as { panels: readonly Panel[]; uid: string }
const alerts = parse(await read('deploy/prometheus/alerts.yaml')) as { groups: { rules: IRule[] }[] }
const rules = alerts.groups.flatMap((group) => group.rules)

/** What a service measures, with the series of its histograms, and what Prometheus adds. */
async function measured(): Promise<ReadonlySet<string>> {
  const { registry } = createMetrics('any')
  const metrics = await registry.getMetricsAsJSON()
  const names = metrics.flatMap(({ name, type }) =>
    String(type) === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  )
  return new Set([...names, 'up'])
}

test('every expression of the dashboard and of the alerts is PromQL over what the services measure', async () => {
  const known = await measured()
  const expressions = [...dashboard.panels.flatMap(({ targets }) => targets), ...rules].map(({ expr }) => String(expr))
  for (const expression of expressions) {
    const metrics = metricsOf(expression)
    assert.ok(metrics.length > 0, expression)
    for (const name of metrics) assert.ok(known.has(name), `nobody measures ${name}`)
  }
  assert.throws(() => metricsOf('sum(rate(up[5m])'), /no PromQL/)
})

test('the dashboard shows throughput, lag, work in hand, failures, drain and durations', () => {
  const titles = dashboard.panels.map(({ title }) => title).join('\n')
  for (const subject of [/finished/, /Lag/, /in hand/, /Failures/, /Drain/, /How long/]) assert.match(titles, subject)
})

test('no two panels lie on each other, and each says what it shows', () => {
  const taken = new Map<string, string>()
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length)
  for (const { title, description, gridPos } of dashboard.panels) {
    assert.ok(description.length > 20, title)
    for (let row = gridPos.y; row < gridPos.y + gridPos.h; row++) {
      for (let column = gridPos.x; column < gridPos.x + gridPos.w; column++) {
        assert.ok(column < 24, title)
        assert.equal(taken.get(`${row},${column}`), undefined, `${title} lies on another`)
        taken.set(`${row},${column}`, title)
      }
    }
  }
})

test('every alert has a severity, and says what is wrong and what to do', () => {
  assert.ok(rules.length >= 5)
  for (const { alert, labels, annotations } of rules) {
    assert.match(labels?.severity ?? '', /^(critical|warning)$/, alert)
    assert.ok(annotations?.summary && (annotations.description?.length ?? 0) > 50, alert)
  }
})

test('what a worker passes on counts neither as handled nor as a failure', () => {
  const expressions = [...dashboard.panels.flatMap(({ targets }) => targets), ...rules].map(({ expr }) => String(expr))
  const selectors = expressions.flatMap((expr) => expr.match(/consumed_messages_total(\{[^}]*\})?/g) ?? [])
  assert.ok(selectors.length >= 8)
  for (const selector of selectors) {
    const [, operator = '', value = ''] = /outcome(!~|=~|!=|=)"([^"]*)"/.exec(selector) ?? []
    const isNamed = value.split('|').includes('passed_on')
    // Steps of explanations are shown by their outcome, whatever it is.
    const isApart = /explanations\.ready/.test(selector) || (operator.startsWith('!') ? isNamed : operator !== '')
    assert.ok(isApart, selector)
  }
})

test('the Prometheus operator is given the same alerts', async () => {
  const { spec } = parse(await read('k8s/components/monitoring/prometheus-rule.yaml')) as { spec: unknown }
  assert.deepEqual(spec, alerts)
})

test('Prometheus of compose scrapes every service at its health port', async () => {
  const { services } = parse(await read('deploy/compose.yaml'), { merge: true }) as { services: object }
  const { scrape_configs: configs } = parse(await read('deploy/prometheus/prometheus.yaml')) as {
    scrape_configs: { dns_sd_configs: { names: string[]; port: number }[] }[]
  }
  const scraped = configs.flatMap((config) => config.dns_sd_configs)
  assert.deepEqual(
    scraped.map(({ port }) => port),
    [9090],
  )
  const ours = Object.entries(services).filter(([, { command = [] }]) => /^services\//.test(command[0] ?? ''))
  assert.deepEqual(scraped.flatMap(({ names }) => names).sort(), ours.map(([name]) => name).sort())
})
