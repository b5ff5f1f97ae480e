import { InputError } from '@fanlight/ports'
import { superviseChild, WorkerError } from '@fanlight/supervise'
import type { Provider } from '../provider.ts'
import { defaultMaxResidentBytes } from './limits.ts'
import type { ChildRequest } from './wire.ts'
import { CHILD_ENTRY } from './worker.ts'

/**
 * Whether this machine has an execution provider, tried in a child process: to be asked before work is taken, since
 * shards that meet a missing provider fail for good.
 * @param loadTimeoutMs for a child to start, and again to try
 * @throws InputError `PROVIDER_UNAVAILABLE` that says what is missing and what to install
 */
export async function requireProvider(provider: Provider, { loadTimeoutMs = 60_000 } = {}): Promise<void> {
  if (provider === 'cpu') return
  const maxResidentBytes = defaultMaxResidentBytes(1)
  const options = { entry: CHILD_ENTRY, name: `provider ${provider}`, maxResidentBytes, loadTimeoutMs }
  await using child = superviseChild<ChildRequest, undefined>(options)
  try {
    await child.request({ ask: 'check', provider }, { timeoutMs: loadTimeoutMs })
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error
    const message = `the execution provider ${provider} took its process down: ${error.message}`
    throw new InputError('PROVIDER_UNAVAILABLE', message, { cause: error })
  }
}
