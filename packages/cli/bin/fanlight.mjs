#!/usr/bin/env node
// Fanlight runs on Node 24, which strips types. On an older Node (from 20 on) this starts the Node 24 that the npm
// package `node` brought, and steps aside.

import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const major = Number.parseInt(process.versions.node, 10)

if (major >= 24) await import('../src/main.ts')
else if (major < 20) fail(`Node ${process.versions.node} is too old: install Node 20 or newer from https://nodejs.org`)
else restart(findNode24())

function findNode24() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json')
    return join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  } catch {
    fail('the npm package "node" is missing: run "npm ci" where Fanlight lies, or install Node 24')
  }
}

function restart(node24) {
  const child = spawn(node24, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) =>
    fail(`${node24} did not start: ${error.message}. Run "npm ci" again, or install Node 24`),
  )
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]))
}

function fail(message) {
  process.stderr.write(`fanlight: ${message}\n`)
  process.exit(2)
}
