import { sql } from 'kysely'

/** An item that is open in a job that runs: somebody works for it. */
export const wanting = sql`
  from item_explanations l
  join items i on i.project = l.project and i.job = l.job and i.id = l.item and i.state = 'open'
  join jobs j on j.project = l.project and j.id = l.job and j.state = 'running'`
