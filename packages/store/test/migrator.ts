// A process of its own that opens a store, as each service does when it starts.
import { openPostgres } from '@fanlight/store'

await using store = await openPostgres({ url: process.argv[2]! })
await store.listJobs('local', { limit: 1 })
