// What runs before anything is installed: plain JavaScript, no dependencies, any Node from 20 on.
//   node scripts/bootstrap.mjs start|test|check|bench|peers [arguments…]
// Installs what is missing, builds the dashboard where it is shown, then runs the script with the Node 24 that the
// npm package `node` brought.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const node24 = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

const tasks = {
  start: { run: ['packages/cli/src/main.ts', 'start'], dashboard: true },
  test: { run: ['scripts/test.ts'], dashboard: true },
  check: { run: ['scripts/check.ts'], dashboard: true },
  bench: { run: ['bench/main.ts'], dashboard: false },
  peers: { run: ['scripts/peers.ts'], dashboard: false },
}

class Stop extends Error {}

function say(text) {
  process.stderr.write(`fanlight: ${text}\n`)
}

/** Resolves with the exit code. Signals are passed on, so that whoever runs inside decides how to stop. */
function run(command, args, options = {}, listen = undefined) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options })
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    const pass = (signal) => child.kill(signal)
    for (const signal of signals) process.on(signal, pass)
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, pass)
      resolve(signal === null ? code : 128 + constants.signals[signal])
    })
  })
}

async function timed(what, work) {
  const start = Date.now()
  say(`${what} …`)
  const result = await work()
  say(`${what}: ${((Date.now() - start) / 1000).toFixed(1)} s`)
  return result
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * npm writes node_modules/.package-lock.json when an install has ended: everything that package-lock.json wants must
 * be in it. Packages for other platforms are optional and stay away.
 */
function isInstalled() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {}
  const present = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages
  if (present === undefined || !existsSync(node24)) return false
  return Object.entries(wanted).every(([path, { version, link, optional, devOptional }]) => {
    if (!path.includes('node_modules/') || optional || devOptional) return true
    return link ? present[path]?.link === true : present[path]?.version === version
  })
}

async function install() {
  // Not `npm ci`: it refuses a lock file that was written where a package's builds for other platforms were not to
  // be had. This installs what the lock file says all the same, and leaves it alone. Warnings are about hosts with
  // an older Node, which is what the package `node` is for.
  const args = ['install', '--no-save', '--loglevel=error', '--no-progress']
  // npm's own script where it is known, so that no shell and no `npm.cmd` comes between.
  const npm = process.env.npm_execpath
  const command = npm?.endsWith('.js') ? [process.execPath, npm, ...args] : ['npm', ...args]
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }
  const code = await timed('installing packages (npm install)', () => run(command[0], command.slice(1), { env }))
  if (code === 0 && existsSync(node24)) return
  if (code > 128) throw new Stop('the installation was interrupted; the same command starts it again')
  throw new Stop(
    code === 0
      ? `npm left no ${node24}: allow the install script of the package "node" and try again`
      : `npm failed with exit code ${code}; its own message stands above. It needs the npm registry once: without a network, run this where there is one, or set a registry with "npm config set registry URL", and try again`,
  )
}

async function buildDashboard() {
  const env = {
    ...process.env,
    TURBO_TELEMETRY_DISABLED: '1',
    PATH: `${dirname(node24)}${delimiter}${process.env.PATH}`,
  }
  const turbo = join(root, 'node_modules', 'turbo', 'bin', 'turbo')
  const args = [turbo, 'run', 'build', '--filter=@fanlight/gateway', '--output-logs=new-only', '--no-color']
  let output = ''
  const code = await timed('building the dashboard (cached)', () =>
    run(node24, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }, (text) => {
      output += text
    }),
  )
  if (code !== 0) throw new Stop(`${output}\nthe dashboard did not build (exit code ${code}); see above`)
}

async function main([name, ...rest]) {
  const task = Object.hasOwn(tasks, name ?? '') ? tasks[name] : undefined
  if (Number.parseInt(process.versions.node, 10) < 20)
    throw new Stop(`Node ${process.versions.node} is too old: install Node 20 or newer from https://nodejs.org`)
  if (task === undefined)
    throw new Stop(`usage: node scripts/bootstrap.mjs ${Object.keys(tasks).join('|')} [arguments]`)
  if (!isInstalled()) await install()
  if (task.dashboard) await buildDashboard()
  const [file, ...fixed] = task.run
  return run(node24, [join(root, file), ...fixed, ...rest])
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  say(error instanceof Stop ? error.message : error.stack)
  process.exitCode = 2
}
