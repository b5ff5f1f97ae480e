import { type Kysely, sql } from 'kysely'
import type { Tables } from '../src/tables.ts'

/** Makes a store empty again, which is quicker than making another. */
export async function emptyTables(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables
    where schemaname = 'public' and tablename not like 'kysely%' and tablename !~ '_slots$|_[0-9]$'`.execute(db)
  await sql`truncate ${sql.join(rows.map(({ name }) => sql.table(name)))}`.execute(db)
}
