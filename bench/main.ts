// npm run bench                 lists the benchmarks
// npm run bench -- NAME [ARG…]  runs one

import { readdirSync } from 'node:fs'

const PARTS = new Set(
  'main machine fixtures job raw-sessions raw-session-child processes course temporary-folder tiny-detector gradient-networks gradient-child live-bytes yolov8n explain-photo peers-contenders peers-process peers-result peers-scores peers-table quality-cache quality-photos quality-reference quality-around quality-runs quality-measured quality-curves quality-table'.split(
    ' ',
  ),
)
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .filter((name) => !PARTS.has(name))

const [, , name, ...rest] = process.argv
if (name !== undefined && names.includes(name)) {
  process.argv = [process.argv[0]!, name, ...rest]
  await import(`./${name}.ts`)
} else {
  console.error(`usage: npm run bench -- NAME [ARG…]\nbenchmarks: ${names.join(', ')}`)
  process.exitCode = name === undefined ? 0 : 2
}
