import { type Kysely, type RawBuilder, sql } from 'kysely'

const statements: readonly RawBuilder<unknown>[] = [
  sql`alter table jobs
    add column deadline_at bigint, add column source text, add column source_cursor text, add column source_touched_at bigint,
    add column budget bigint, add column spent bigint not null default 0`,
  sql`create index jobs_deadline on jobs (deadline_at) where deadline_at is not null and state in ('running', 'paused')`,
  sql`create index jobs_listing on jobs (source_touched_at) where source is not null and not sealed and state = 'running'`,
  sql`create index jobs_spent on jobs (project, id) where spent >= budget and state = 'running'`,

  // What the attempts of its failed shards said: the shards' own rows are gone when a dead letter is filed late.
  sql`alter table explanations add column attempt_failures text`,

  sql`create table detectors (
    project text collate "C" not null, id text collate "C" not null, name text collate "C" not null,
    sha256 text not null, ref text not null, primary key (project, id))`,
  sql`create index detectors_by_name on detectors (project, name, id)`,

  // shard_project and explanation are what the body asks for; project is what the letter was filed under.
  sql`create table dead_letters (
    id text collate "C" primary key, project text collate "C", shard_project text collate "C", explanation text collate "C",
    letter text not null, body text not null, history text not null, at bigint not null,
    replays integer not null default 0, replayed_at bigint, serial bigint generated always as identity)`,
  sql`create index dead_letters_newest on dead_letters (serial)`,
  sql`create index dead_letters_of_project on dead_letters (project, serial)`,
  sql`create index dead_letters_of_explanation on dead_letters (shard_project, explanation)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db)
}
