import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { lockFolder } from '@fanlight/store'
import { newFolder } from './store-folder.ts'

async function holder(folder: string, url = '') {
  const child = fork(join(import.meta.dirname, 'holder.ts'), [folder, url], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  assert.deepEqual((await once(child, 'message'))[0], 'locked')
  return child
}

test('refuses a folder that a living process has, and says which, where it serves, and what to do', async (t) => {
  const folder = await newFolder(t)
  const child = await holder(folder, 'http://127.0.0.1:4711')
  t.after(() => child.kill('SIGKILL'))
  await assert.rejects(lockFolder(folder), (error: Error & { code: string; retry: string }) => {
    assert.deepEqual([error.code, error.retry], ['STORE_LOCKED', 'never'])
    for (const part of [folder, `${child.pid}`, 'http://127.0.0.1:4711', 'FANLIGHT_HOME'])
      assert.ok(error.message.includes(part), part)
    return true
  })
})

test('takes over at once what a killed process had', async (t) => {
  const folder = await newFolder(t)
  const child = await holder(folder)
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
  await using _lock = await lockFolder(folder)
  await assert.rejects(lockFolder(folder), { code: 'STORE_LOCKED', message: new RegExp(`process ${process.pid}`) })
})

test('gives the folder back when it is disposed', async (t) => {
  const folder = await newFolder(t)
  const first = await lockFolder(folder)
  await assert.rejects(lockFolder(folder), { code: 'STORE_LOCKED' })
  await first[Symbol.asyncDispose]()
  await first[Symbol.asyncDispose]()
  await using _second = await lockFolder(folder)
})

test('gives the folder to one of many that want it at the same moment', async (t) => {
  const folder = await newFolder(t)
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)))
  const locks = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  assert.equal(locks.length, 1)
  await locks[0]![Symbol.asyncDispose]()
})
