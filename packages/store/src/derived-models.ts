import { checkId, type Store } from '@fanlight/ports'
import type { Records } from './database.ts'

type DerivedModelMethods = Pick<Store, 'getDerivedModel' | 'putDerivedModel'>

export const derivedModelMethods = ({ db, clock }: Records): DerivedModelMethods => ({
  async getDerivedModel(key) {
    const query = db.selectFrom('derived_models').select('artifact').where('key', '=', key)
    return (await query.executeTakeFirst())?.artifact
  },

  async putDerivedModel(key, artifact) {
    const row = { artifact, put_at: clock.now() }
    await db
      .insertInto('derived_models')
      .values({ key: checkId(key), ...row })
      .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
      .execute()
  },
})
