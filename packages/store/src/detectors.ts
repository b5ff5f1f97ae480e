import type { DetectorRef } from '@fanlight/contracts'
import { checkId, decodeCursor, encodeCursor, type Store, storable } from '@fanlight/ports'
import { type Kysely, sql } from 'kysely'
import type { Records } from './database.ts'
import type { Tables } from './tables.ts'

type DetectorMethods = Pick<Store, 'putDetector' | 'getDetector' | 'listDetectors'>

export async function registerDetector(db: Kysely<Tables>, project: string, detector: DetectorRef): Promise<void> {
  const id = checkId(detector.id)
  const name = storable(detector.name)
  const row = { name, sha256: detector.sha256, ref: JSON.stringify({ ...detector, name }) }
  await db
    .insertInto('detectors')
    .values({ project, id, ...row })
    // Every job says it again, which must not make them wait for each other.
    .onConflict((conflict) =>
      conflict
        .columns(['project', 'id'])
        .doUpdateSet(row)
        .where(sql<boolean>`detectors.ref is distinct from excluded.ref`),
    )
    .execute()
}

export const detectorMethods = ({ db }: Records): DetectorMethods => ({
  putDetector: (project, detector) => registerDetector(db, project, detector),

  async getDetector(project, id) {
    const query = db.selectFrom('detectors').select('ref').where('project', '=', project).where('id', '=', id)
    const row = await query.executeTakeFirst()
    return row && (JSON.parse(row.ref) as DetectorRef)
  },

  async listDetectors(project, { after, limit }) {
    const [name, id] = after === undefined ? [] : decodeCursor(after, ['string', 'string'])
    const rows = await db
      .selectFrom('detectors')
      .select(['name', 'id', 'ref'])
      .where('project', '=', project)
      .$if(name !== undefined, (query) => query.where(sql<boolean>`(name, id) > (${name}, ${id})`))
      .orderBy('name')
      .orderBy('id')
      .limit(limit + 1)
      .execute()
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    const next = last && rows.length > limit ? encodeCursor([last.name, last.id]) : undefined
    return { rows: page.map(({ ref }) => JSON.parse(ref) as DetectorRef), next }
  },
})
