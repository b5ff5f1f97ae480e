import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type PeerName, startPeer } from '@fanlight/peers'
import { clients } from './clients.ts'
import { skip, started } from './started.ts'

async function accepts(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function temporaryFolder(t: { after(f: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-peers-test-'))
  // PostgreSQL, which is not root, has to enter it.
  await chmod(folder, 0o755)
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

const starter = fileURLToPath(new URL('starter.ts', import.meta.url))

for (const name of ['nats', 's3', 'postgres', 'kafka'] as const satisfies PeerName[])
  test(`${name} dies with the process that started it, and its kept folder serves the next one`, {
    timeout: 60_000,
  }, async (t) => {
    const folder = join(await temporaryFolder(t), 'kept')
    const parent = spawn(process.execPath, [starter, name, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => parent.kill('SIGKILL'))
    const failed = once(parent, 'exit').then(() => assert.fail(`${name} did not start`))
    const [url] = (await Promise.race([once(createInterface(parent.stdout), 'line'), failed])) as [string]
    failed.catch(() => {})
    if (!URL.canParse(url)) return skip(t, name, url)
    assert.equal(await accepts(url), true)

    parent.kill('SIGKILL')
    const deadline = Date.now() + 5000
    while ((await accepts(url)) && Date.now() < deadline) await sleep(20)
    assert.equal(await accepts(url), false, `${name} outlived its parent`)

    const next = await startPeer(name, { folder })
    await next[Symbol.asyncDispose]()
    assert.equal(existsSync(folder), true, 'a folder that was given stays')
  })

test('a folder that was not given goes with the peer', async (t) => {
  const before = process.env.TMPDIR
  const folder = await temporaryFolder(t)
  process.env.TMPDIR = folder
  t.after(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  })
  const peer = await started(t, 'nats')
  if (!peer) return
  assert.equal((await readdir(folder)).length, 1)
  await peer[Symbol.asyncDispose]()
  assert.deepEqual(await readdir(folder), [])
  assert.equal(await accepts(peer.url), false)
})

for (const name of ['nats', 's3', 'postgres'] as const satisfies PeerName[])
  test(`${name} on a port that is taken fails with its own words, though somebody accepts there`, async (t) => {
    if (!(await started(t, name))) return
    const other = createServer().listen({ port: 0, host: '127.0.0.1' })
    await once(other, 'listening')
    t.after(() => other.close())
    const address = other.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await assert.rejects(startPeer(name, { port }), (error: Error) => {
      assert.match(error.message, new RegExp(`^${name} did not start on port ${port}: it ended with exit code \\d+`))
      assert.match(error.message, /address already in use/i)
      return true
    })
  })

test('many peers at once each get a port of their own', async (t) => {
  const peers = await Promise.all(Array.from({ length: 6 }, () => started(t, 'nats')))
  const urls = peers.flatMap((peer) => (peer ? [peer.url] : []))
  assert.equal(new Set(urls).size, urls.length)
  await Promise.all(peers.map((peer, index) => peer && clients.nats.write(peer, `note ${index}`)))
  const notes = await Promise.all(peers.map((peer) => peer && clients.nats.read(peer)))
  assert.deepEqual(
    notes,
    peers.map((peer, index) => peer && `note ${index}`),
  )
})

test('a stopped server is told to start before it is paused', async (t) => {
  const peer = await started(t, 'nats')
  if (!peer) return
  await peer.server.stop()
  await assert.rejects(peer.server.pause(), /nats is not running: start\(\) it first/)
})
