import { memoryBus } from '@fanlight/bus-memory'
import { testBus } from '@fanlight/conformance'

testBus('memory', async () => memoryBus({ retryDelayMs: 20 }))
