import { test } from 'node:test'
import { methodNames } from '@fanlight/explain'
import { checks } from './checks.ts'
import { openedGlassBox } from './opened.ts'

const known = new Set<string>(methodNames)

for (const [name, { method, run }] of Object.entries(checks)) {
  if (known.has(method)) test(name, () => run(openedGlassBox))
}
