import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { peerFor, peerNames, startPeer } from '@fanlight/peers'

/** Sets variables (or, with undefined, removes them) for one test. */
function environment(t: TestContext, variables: Readonly<Record<string, string | undefined>>): void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
  const set = ([name, value]: readonly [string, string | undefined]) => {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  Object.entries(variables).forEach(set)
  t.after(() => before.forEach(set))
}

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-peers-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A machine without servers: PostgreSQL may still be in Debian's folder, and NATS in /usr/sbin. */
async function bareMachine(t: TestContext, further: Readonly<Record<string, string | undefined>> = {}): Promise<void> {
  const none = Object.fromEntries(peerNames.map((name) => [`TEST_${name.toUpperCase()}_URL`, undefined]))
  const folder = await emptyFolder(t)
  const variables = { PEERS_DIR: folder, PATH: folder, DOCKER_HOST: `unix://${folder}/none.sock`, ...none, ...further }
  environment(t, { REQUIRE_PEERS: undefined, ...variables })
}

test('the server that TEST_…_URL names is taken as it is, and is not ours to stop', async (t) => {
  await bareMachine(t, { TEST_S3_URL: 'http://s3.test:9000', AWS_ACCESS_KEY_ID: 'key', AWS_REGION: undefined })
  const peer = await peerFor('s3')
  assert.ok('url' in peer)
  assert.equal(peer.url, 'http://s3.test:9000')
  assert.equal(peer.env.AWS_ACCESS_KEY_ID, 'key')
  assert.equal(peer.env.AWS_REGION, 'us-east-1')
  assert.equal(peer.server, undefined)
})

test('a missing peer is told with what it lacks and how to get it', async (t) => {
  await bareMachine(t)
  assert.deepEqual(await peerFor('s3'), {
    missing: 's3 needs versitygw in .peers/bin or on the PATH; get it with: npm run peers',
  })
  await assert.rejects(startPeer('kafka'), { code: 'NOT_FOUND', message: /Java 17 .* npm run peers/ })
})

test('REQUIRE_PEERS turns a missing peer into an error, and leaves the others alone', async (t) => {
  await bareMachine(t, { REQUIRE_PEERS: 'chromium, s3' })
  await assert.rejects(peerFor('s3'), { code: 'NOT_FOUND', message: /^REQUIRE_PEERS names s3: s3 needs versitygw/ })
  assert.ok('missing' in (await peerFor('kafka')))
})

test('a Docker that answers but brings nothing is named among the reasons', async (t) => {
  const folder = await emptyFolder(t)
  const socket = join(folder, 'docker.sock')
  const docker = createServer((_, response) => response.writeHead(500).end('{}')).listen(socket)
  await once(docker, 'listening')
  t.after(() => docker.close())
  await bareMachine(t, { DOCKER_HOST: `unix://${socket}` })
  const peer = await peerFor('s3')
  assert.ok('missing' in peer)
  assert.match(peer.missing, /^s3 needs versitygw .*\(Docker answers but brought no s3: /)
})

test('a program on the PATH is found, and what it says before it ends is in the error', async (t) => {
  await bareMachine(t)
  const program = join(process.env.PATH ?? '', 'versitygw')
  await writeFile(program, '#!/bin/sh\necho "no such backend" >&2\nexit 3\n')
  await chmod(program, 0o755)
  await assert.rejects(peerFor('s3'), {
    code: 'ARTIFACTS_UNAVAILABLE',
    message: /s3 did not start on port \d+: it ended with exit code 3\. Its last words:\nno such backend/,
  })
})
