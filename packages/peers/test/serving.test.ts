import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerNames } from '@fanlight/peers'
import { clients } from './clients.ts'
import { started } from './started.ts'

for (const name of peerNames)
  test(`${name} keeps what it was given through a stop, a crash and a pause, on one address`, {
    timeout: 60_000,
  }, async (t) => {
    const peer = await started(t, name)
    if (!peer) return
    const { write, read } = clients[name]
    await write(peer, 'kept')
    assert.equal(await read(peer), 'kept')

    await peer.server.stop()
    await peer.server.start()
    assert.equal(await read(peer), 'kept', 'after a stop')

    await peer.server.stop('SIGKILL')
    await peer.server.start()
    assert.equal(await read(peer), 'kept', 'after a crash')

    await peer.server.pause()
    const answer = read(peer)
    const frozen = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 300, 'nothing'))])
    assert.equal(frozen, 'nothing', 'a paused server answers nothing')
    peer.server.resume()
    assert.equal(await answer, 'kept', 'after a pause')
  })
