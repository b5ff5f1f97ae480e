import { type Kysely, type RawBuilder, sql } from 'kysely'

// JSON is kept as text: it is never searched, and text keeps what jsonb refuses (NUL) or rewrites (numbers).
// Names and ids compare by bytes ("C"), so that every database orders them alike. Times are milliseconds since the epoch.
const statements: readonly RawBuilder<unknown>[] = [
  sql`create table jobs (
    project text collate "C" not null, id text collate "C" not null, name text not null, spec text not null,
    lane text not null, method_hashes text[] not null, detector_sha256 text not null,
    state text not null, sealed boolean not null, created_at bigint not null, ended_at bigint,
    serial bigint generated always as identity, primary key (project, id))`,
  sql`create index jobs_newest on jobs (project, serial)`,
  sql`create index jobs_running on jobs (serial) where state = 'running'`,

  sql`create table items (
    project text collate "C" not null, job text collate "C" not null, id text collate "C" not null,
    name text collate "C" not null, image_sha256 text collate "C", image text, slice text not null,
    state text not null, failure text, owner text, targets integer not null default 0,
    arrival bigint generated always as identity, primary key (project, job, id))`,
  sql`create index items_by_name on items (project, job, name, id)`,
  sql`create index items_waiting on items (project, job, arrival) where state = 'waiting'`,
  sql`create index items_open on items (project, job) where state = 'open'`,
  sql`create index items_by_image on items (project, image_sha256)`,

  sql`create table leases (owner text primary key, until bigint not null)`,

  sql`create table explanations (
    project text collate "C" not null, id text collate "C" not null, image_sha256 text not null, image text not null,
    method text not null, spec text not null, lane text not null, state text not null,
    failure text, result text, artifacts text[] not null default '{}', targets integer not null default 0,
    forwards bigint not null default 0, first_asked_at bigint, touched_at bigint not null, ended_at bigint,
    primary key (project, id))`,
  sql`create index explanations_open on explanations (touched_at) where state = 'open'`,

  sql`create table item_explanations (
    project text collate "C" not null, job text collate "C" not null, item text collate "C" not null,
    explanation text collate "C" not null, position integer not null, uncounted boolean not null,
    primary key (project, job, item, explanation))`,
  sql`create index item_explanations_by_explanation on item_explanations (project, explanation)`,
  sql`create index item_explanations_uncounted on item_explanations (project, explanation) where uncounted`,

  // Questions and shards are there only while their explanation is open.
  sql`create table questions (
    project text collate "C" not null, explanation text collate "C" not null, ordinal integer not null,
    hash text not null, question text not null, plan integer[] not null, missing integer not null,
    execution_class text, primary key (project, explanation, ordinal))`,
  sql`create table shards (
    project text collate "C" not null, explanation text collate "C" not null, ordinal integer not null,
    shard integer not null, forwards integer not null, attempts integer not null default 0,
    failures text[] not null default '{}', ok boolean, answer text, measured_forwards bigint,
    measured_ms double precision, touched_at bigint not null, primary key (project, explanation, ordinal, shard))`,

  sql`create table counted_targets (
    project text collate "C" not null, job text collate "C" not null, item text collate "C" not null,
    target text collate "C" not null, method text collate "C" not null, aggregates text not null,
    primary key (project, job, item, target, method))`,
  sql`create table aggregates (
    project text collate "C" not null, job text collate "C" not null, method text collate "C" not null,
    key text collate "C" not null, targets bigint not null, sums numeric[] not null,
    primary key (project, job, method, key))`,

  // One row a transaction: 40 messages in one value cost a tenth of 40 rows.
  sql`create table outbox (
    id bigint generated always as identity primary key, messages text not null, count integer not null,
    sent integer[] not null default '{}', written_at bigint not null)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db)
}
