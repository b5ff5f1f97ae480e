// npm run peers: brings the servers that tests and `fanlight cluster` run on this machine, as far as they are missing:
// Go programs and Kafka's jars into .peers, PostgreSQL (and Java, Maven) by Debian's packages. The versions stand in
// packages/peers/src/versions.ts. Beside them a software driver for WebGPU, the execution provider that needs no GPU.
// Ends with a table on stdout, and with 2 when a peer is still missing.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { findBinary, type PeerName, peersFolder, versions } from '@fanlight/peers'
import { root } from './suites.ts'

interface Found {
  readonly version: string
  readonly where: string
}

interface Bringer {
  /** What is there and will do. */
  find(): Found | undefined
  /** @throws Error that says what is lacking */
  bring(): Promise<void>
}

const folder = peersFolder()
const bin = join(folder, 'bin')
const debianPostgres = '/usr/lib/postgresql/*/bin'
const attempts = 3

function say(text: string): void {
  process.stderr.write(`peers: ${text}\n`)
}

function outputOf(command: string, ...args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return ''
  }
}

/** Downloads fail now and then: three attempts, everything they print goes to stderr. */
function run(command: string, args: readonly string[], env: Record<string, string> = {}): void {
  say(`${command} ${args.join(' ')}`)
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const { status } = spawnSync(command, args, {
      cwd: folder,
      stdio: ['ignore', 2, 2],
      env: { ...process.env, ...env },
    })
    if (status === 0) return
    say(`${command} failed (attempt ${attempt} of ${attempts})`)
  }
  throw new Error(`"${command} ${args.join(' ')}" failed ${attempts} times; its own words stand above`)
}

let listsAreFresh = false

const asRoot = process.getuid?.() === 0 ? [] : ['sudo']

function aptGet(...args: readonly string[]): void {
  const [command = '', ...rest] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args]
  run(command, rest)
}

function freshenLists(): void {
  if (!listsAreFresh) aptGet('update')
  listsAreFresh = true
}

/** Debian's packages, as root or through sudo. */
function apt(...packages: readonly string[]): void {
  if (!findBinary('apt-get')) throw new Error(`there is no apt-get here: install ${packages.join(', ')} by hand`)
  freshenLists()
  aptGet('install', '-y', '--no-install-recommends', ...packages)
}

function goInstall(module: string): void {
  run('go', ['install', module], { GOBIN: bin, CGO_ENABLED: '0' })
}

/** The pinned version where it is ours, any where the machine brought it. */
const isWanted = (program: string, version: string, wanted: string) => !program.startsWith(bin) || version === wanted

const nats: Bringer = {
  find() {
    const program = findBinary('nats-server', '/usr/sbin')
    if (!program) return undefined
    const version = /v([\d.]+)/.exec(outputOf(program, '--version'))?.[1] ?? 'unknown'
    return isWanted(program, version, versions.nats) ? { version, where: program } : undefined
  },
  async bring() {
    if (findBinary('go')) return goInstall(`github.com/nats-io/nats-server/v2@v${versions.nats}`)
    say('no Go on this machine: Debian’s nats-server instead, which is older')
    apt('nats-server')
  },
}

const s3: Bringer = {
  find() {
    const program = findBinary('versitygw')
    if (!program) return undefined
    // Built by `go install`, it does not know its own version; the Go tool reads it from the file.
    const version = /^\s+mod\s+\S+\s+v(\S+)/m.exec(outputOf('go', 'version', '-m', program))?.[1]
    const wanted = version === undefined || isWanted(program, version, versions.versitygw)
    return wanted ? { version: version ?? 'unknown', where: program } : undefined
  },
  async bring() {
    if (!findBinary('go')) throw new Error('versitygw is built by Go, and Debian has no package of it: install Go')
    goInstall(`github.com/versity/versitygw/cmd/versitygw@v${versions.versitygw}`)
  },
}

const libs = join(folder, 'kafka', 'libs')

const kafka: Bringer = {
  find() {
    const java = findBinary('java')
    const jars = [`kafka_2.13-${versions.kafka}.jar`, `log4j-slf4j-impl-${versions.log4j}.jar`]
    if (!java || !jars.every((jar) => existsSync(join(libs, jar)))) return undefined
    return { version: versions.kafka, where: `${libs} (${globSync('*.jar', { cwd: libs }).length} jars), ${java}` }
  },
  async bring() {
    const missing = [...(findBinary('java') ? [] : ['default-jre-headless']), ...(findBinary('mvn') ? [] : ['maven'])]
    if (missing.length > 0) apt(...missing)
    const [pom, draft] = [join(folder, 'kafka', 'pom.xml'), `${libs}.new`]
    await rm(draft, { recursive: true, force: true })
    await mkdir(draft, { recursive: true })
    await writeFile(pom, pomText)
    run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${draft}`])
    await rm(libs, { recursive: true, force: true })
    await rename(draft, libs)
  },
}

const dependency = (group: string, artifact: string, version: string) =>
  `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>\n`

const pomText = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>fanlight</groupId><artifactId>kafka-peer</artifactId><version>1</version>
  <dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', versions.kafka)}${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', versions.log4j)}  </dependencies>
</project>
`

const postgres: Bringer = {
  find() {
    const program = findBinary('postgres', debianPostgres)
    if (!program || !findBinary('initdb', debianPostgres)) return undefined
    return { version: /\d[\d.]*/.exec(outputOf(program, '--version'))?.[0] ?? 'unknown', where: program }
  },
  async bring() {
    apt('postgresql')
  },
}

const SOFTWARE_DRIVER = 'mesa-vulkan-drivers'
/** Mesa's, from which on its software driver runs what onnxruntime gives it. */
const LEAST_MESA = 25

const debianVersion = (name: string) =>
  /^Status: install ok installed$.*^Version: (\S+)$/ms.exec(outputOf('dpkg', '-s', name))?.[1]

const webgpu: Bringer = {
  find() {
    const version = debianVersion(SOFTWARE_DRIVER)
    if (!version || Number.parseInt(version, 10) < LEAST_MESA || !debianVersion('libvulkan1')) return undefined
    return { version: version.split('-')[0]!, where: `Debian’s ${SOFTWARE_DRIVER} ${version}` }
  },
  async bring() {
    if (!findBinary('apt-get')) throw new Error(`there is no apt-get here: install a Vulkan driver by hand`)
    freshenLists()
    if (Number.parseInt(candidateOf(SOFTWARE_DRIVER), 10) >= LEAST_MESA) return apt('libvulkan1', SOFTWARE_DRIVER)
    const suite = addBackports()
    // Of its own suite only what is named so, and what that needs: backports are never taken unasked.
    apt('libvulkan1', `${SOFTWARE_DRIVER}/${suite}`)
  },
}

const candidateOf = (name: string) => /Candidate: (\S+)/.exec(outputOf('apt-cache', 'policy', name))?.[1] ?? '0'

/** From where this machine has its Debian. @returns the suite */
function addBackports(): string {
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  const targets = outputOf('apt-get', 'indextargets', '--format', '$(CODENAME) $(REPO_URI)', 'Created-By: Packages')
  const uri = targets
    .split('\n')
    .find((line) => line.startsWith(`${codename} `))
    ?.split(' ')[1]
  if (!uri) throw new Error(`no ${SOFTWARE_DRIVER} ${LEAST_MESA} or later, and no Debian release to take backports of`)
  const suite = `${codename}-backports`
  const source = `Types: deb\nURIs: ${uri}\nSuites: ${suite}\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`
  const [command = '', ...args] = [...asRoot, 'tee', '/etc/apt/sources.list.d/fanlight-backports.sources']
  say(`${suite} becomes a source of packages`)
  execFileSync(command, args, { input: source, stdio: ['pipe', 'ignore', 2] })
  listsAreFresh = false
  return suite
}

/** A line of the table; after one attempt to bring what is not there. */
async function settle(name: string, { find, bring }: Bringer): Promise<Found> {
  const found = find()
  if (found) return found
  say(`${name} is missing or of another version`)
  try {
    await bring()
    return find() ?? { version: 'missing', where: 'brought, and still not found' }
  } catch (error) {
    return { version: 'missing', where: error instanceof Error ? error.message : String(error) }
  }
}

await mkdir(bin, { recursive: true })
const rows: (readonly string[])[] = [['peer', 'version', 'where']]
const peers: Readonly<Record<PeerName | 'webgpu', Bringer>> = { kafka, nats, s3, postgres, webgpu }
for (const [name, bringer] of Object.entries(peers)) {
  const { version, where } = await settle(name, bringer)
  rows.push([name, version, where.replaceAll(folder, relative(root, folder) || basename(folder))])
  if (version === 'missing') process.exitCode = 2
}
for (const [name = '', version = '', where = ''] of rows)
  process.stdout.write(`${name.padEnd(10)}${version.padEnd(10)}${where}\n`)
