import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { type FromChild, packError, type ToChild } from './wire.ts'

export { packError } from './wire.ts'

/**
 * The half of `superviseChild` that its entry module calls, once, when it can take requests. They are handled one
 * at a time, in order. A rejection is an error reply: FanlightErrors arrive as they are, others as an Error with the
 * same message; the child goes on.
 * @throws Error when this process was not started by `superviseChild`
 */
export function serveRequests<Request, Reply>(handle: (request: Request) => Reply | Promise<Reply>): void {
  if (!process.send) throw new Error('serveRequests works in a child process of superviseChild only')
  const waiting = new Map<number, Request>()
  let working = false

  async function work() {
    if (working) return
    working = true
    for (const [id, request] of waiting) {
      waiting.delete(id)
      await send({ is: 'started', id })
      // The handler may block this thread for seconds; a turn lets cancellations of what waits behind it come in.
      await nextTurn()
      await answer(id, request, handle)
    }
    working = false
  }

  process.on('message', (message: ToChild) => {
    if ('cancel' in message) {
      if (waiting.delete(message.cancel)) void send({ is: 'reply', id: message.cancel, reply: undefined })
    } else {
      waiting.set(message.ask, message.request as Request)
      void work()
    }
  })
  outliveNobody()
  void send({ is: 'ready' })
}

async function answer<Request, Reply>(
  id: number,
  request: Request,
  handle: (request: Request) => Reply | Promise<Reply>,
) {
  try {
    await send({ is: 'reply', id, reply: await handle(request) })
  } catch (error) {
    await send({ is: 'error', id, error: packError(error) })
  }
}

/**
 * Resolves when the pipe has taken the message, or is closed.
 * @throws DOMException when the message cannot be cloned
 */
function send(message: FromChild): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve())
  })
}

/** Ends this process when its parent is gone, however that went, and not before: Ctrl-C is the parent's to handle. */
function outliveNobody(): void {
  process.on('SIGINT', () => {})
  process.once('disconnect', () => process.exit())
  // While native code or an endless loop blocks this thread it hears of no disconnect; another thread does.
  const watch = `
    const { workerData } = require('node:worker_threads')
    setInterval(() => process.ppid === workerData || process.kill(process.pid, 'SIGKILL'), 500)`
  new Worker(watch, {
    eval: true,
    execArgv: [],
    workerData: process.ppid,
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  }).unref()
}
