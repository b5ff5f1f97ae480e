import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table derived_models (
    key text collate "C" primary key, artifact text not null, put_at bigint not null)`.execute(db)
}
