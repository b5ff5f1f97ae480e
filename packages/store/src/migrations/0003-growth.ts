import { type Kysely, sql } from 'kysely'

/** Partitions that answers are written to in turn. */
const SLOTS = [0, 1, 2, 3]

// Counting a job's items at every poll costs more with each item. Each statement that changes them leaves a row of
// what it changed instead, in its own transaction; a job's counts are the sum of its rows, and upkeep makes one row
// of many. Rows are only added, so that transactions that end items of one job never wait for each other over them.
const counts = [
  'waiting',
  'open',
  'done',
  'failed',
  'cancelled',
  'targets',
  'without_targets',
  'ended_forwards',
] as const

const sumOfState = (state: string) => `coalesce(sum(sign) filter (where state = '${state}'), 0)`

/** @param rows SQL of rows of items with a `sign` */
const countItems = (rows: string) => `
  insert into job_counts (project, job, waiting, open, done, failed, cancelled, targets, without_targets)
  select * from (
    select project, job, ${['waiting', 'open', 'done', 'failed', 'cancelled'].map(sumOfState).join(', ')},
      sum(sign * targets), coalesce(sum(sign) filter (where state = 'done' and targets = 0), 0)
    from (${rows}) moved group by project, job
  ) counted (project, job, waiting, open, done, failed, cancelled, targets, without_targets)
  where (waiting, open, done, failed, cancelled, targets, without_targets) is distinct from (0, 0, 0, 0, 0, 0, 0)`

const signed = (sign: 1 | -1, table: string) => `select ${sign} as sign, project, job, state, targets from ${table}`

const itemTriggers = [
  `create function count_items() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then ${countItems(signed(1, 'added'))};
  elsif tg_op = 'DELETE' then ${countItems(signed(-1, 'removed'))};
  else ${countItems(`${signed(1, 'added')} union all ${signed(-1, 'removed')}`)};
  end if;
  return null;
end $$`,
  `create trigger items_added after insert on items
  referencing new table as added for each statement execute function count_items()`,
  `create trigger items_moved after update on items
  referencing old table as removed new table as added for each statement execute function count_items()`,
  `create trigger items_removed after delete on items
  referencing old table as removed for each statement execute function count_items()`,
]

// The forwards of an explanation count once for each job that wants it. All who write links or forwards hold the
// explanation's row, so that neither is missed.
const forwardsTriggers = [
  `create function count_forwards() returns trigger language plpgsql as $$
begin
  insert into job_counts (project, job, ended_forwards)
  select distinct l.project, l.job, new.forwards - old.forwards
  from item_explanations l where l.project = new.project and l.explanation = new.id;
  return null;
end $$`,
  `create trigger explanations_ended after update of forwards on explanations
  for each row when (old.forwards <> new.forwards) execute function count_forwards()`,
  `create function count_links() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into job_counts (project, job, ended_forwards)
    select m.project, m.job, sum(e.forwards)
    from (select distinct project, job, explanation from added) m
    join explanations e on e.project = m.project and e.id = m.explanation and e.forwards > 0
    where not exists (
      select from item_explanations l where l.project = m.project and l.explanation = m.explanation and l.job = m.job
        and not exists (select from added a where (a.project, a.job, a.item, a.explanation) = (l.project, l.job, l.item, l.explanation)))
    group by m.project, m.job;
  else
    insert into job_counts (project, job, ended_forwards)
    select m.project, m.job, -sum(e.forwards)
    from (select distinct project, job, explanation from removed) m
    join explanations e on e.project = m.project and e.id = m.explanation and e.forwards > 0
    where not exists (
      select from item_explanations l where l.project = m.project and l.explanation = m.explanation and l.job = m.job)
    group by m.project, m.job;
  end if;
  return null;
end $$`,
  `create trigger item_explanations_added after insert on item_explanations
  referencing new table as added for each statement execute function count_links()`,
  `create trigger item_explanations_removed after delete on item_explanations
  referencing old table as removed for each statement execute function count_links()`,
  `create function forget_counts() returns trigger language plpgsql as $$
begin
  delete from job_counts where project = old.project and job = old.id;
  return null;
end $$`,
  `create trigger jobs_removed after delete on jobs for each row execute function forget_counts()`,
]

const countWhatIsThere = [
  countItems(signed(1, 'items')),
  `insert into job_counts (project, job, ended_forwards)
  select l.project, l.job, sum(e.forwards)
  from (select distinct project, job, explanation from item_explanations) l
  join explanations e on e.project = l.project and e.id = l.explanation and e.forwards > 0
  group by l.project, l.job`,
]

const jobCounts = [
  `create table job_counts (
  project text collate "C" not null, job text collate "C" not null,
  ${counts.map((count) => `${count} bigint not null default 0`).join(', ')})`,
  'create index job_counts_of_job on job_counts (project, job)',
  'drop index item_explanations_by_explanation',
  'create index item_explanations_by_explanation on item_explanations (project, explanation, job)',
]

// Answers live for seconds and weigh more than all else: deleted row by row, they would leave most of the database to
// the vacuum. They go to one of a few partitions; when upkeep turns to the next, that one is emptied as a whole.
const partitioned = (table: 'questions' | 'shards', key: string): string[] => [
  `alter table ${table} rename to old_${table}`,
  `alter index ${table}_pkey rename to old_${table}_pkey`,
  `create table ${table} (like old_${table} including defaults, slot smallint not null, primary key (${key}, slot))
  partition by list (slot)`,
  ...SLOTS.map(
    (slot) => `create table ${table}_${slot} partition of ${table} for values in (${slot}) with (fillfactor = 70)`,
  ),
  `insert into ${table} select *, 0 from old_${table}`,
  `drop table old_${table}`,
]

const answers = [
  'create table answer_slots (current smallint not null)',
  'insert into answer_slots values (0)',
  'alter table explanations add column slot smallint not null default 0',
  `create index explanations_open_slot on explanations (slot) where state = 'open'`,
  ...partitioned('questions', 'project, explanation, ordinal'),
  ...partitioned('shards', 'project, explanation, ordinal, shard'),
]

// What was offered to the aggregator least often comes first: what cannot be counted must not hide the rest.
const offers = [
  'alter table item_explanations add column offers integer not null default 0',
  'drop index item_explanations_uncounted',
  'create index item_explanations_uncounted on item_explanations (offers) where uncounted',
]

// Of a queue nearly all rows are dead ones soon, whatever its size.
const vacuums = [
  ...['outbox', 'leases', 'job_counts'].map(
    (table) => `alter table ${table} set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`,
  ),
  ...['jobs', 'items', 'explanations', 'item_explanations'].map(
    (table) =>
      `alter table ${table} set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)`,
  ),
]

export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    ...jobCounts,
    ...itemTriggers,
    ...forwardsTriggers,
    ...countWhatIsThere,
    ...answers,
    ...offers,
    ...vacuums,
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
