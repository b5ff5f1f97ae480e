import { natsBus } from '@fanlight/bus-nats'
import { runKitWorker } from '@fanlight/conformance'

await runKitWorker((overrides) => natsBus({ servers: process.env.KIT_NATS_URL!, ...overrides }))
