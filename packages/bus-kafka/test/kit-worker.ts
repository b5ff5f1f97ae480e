import { kafkaBus } from '@fanlight/bus-kafka'
import { runKitWorker } from '@fanlight/conformance'

const { brokers, settings } = JSON.parse(process.env.KIT_KAFKA!)

await runKitWorker(async (overrides) => kafkaBus({ brokers, ...settings, ...overrides }))
