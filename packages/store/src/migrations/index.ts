import type { Migration } from 'kysely/migration'
import * as queueOfRecord from './0001-queue-of-record.ts'
import * as whatAClusterNeeds from './0002-what-a-cluster-needs.ts'
import * as growth from './0003-growth.ts'
import * as derivedModels from './0004-derived-models.ts'

/** In order, forward only; a name never changes once it was released. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-queue-of-record': queueOfRecord,
  '0002-what-a-cluster-needs': whatAClusterNeeds,
  '0003-growth': growth,
  '0004-derived-models': derivedModels,
}
