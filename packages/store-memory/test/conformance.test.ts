import { testStore } from '@fanlight/conformance'
import { memoryStore } from '@fanlight/store-memory'

testStore('memory', async (clock) => memoryStore({ clock }))
