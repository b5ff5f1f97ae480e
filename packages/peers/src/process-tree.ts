import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * A process and all that descend from it, parents first. A process group does not do: PostgreSQL's backends each open
 * a session of their own. Where there is no /proc, the process alone.
 */
export function processTree(root: number): readonly number[] {
  const children = Map.groupBy(parents(), ([, parent]) => parent)
  const tree = [root]
  for (const pid of tree) for (const [child] of children.get(pid) ?? []) tree.push(child)
  return tree
}

export function signalTree(root: number, signal: NodeJS.Signals): void {
  for (const pid of processTree(root)) {
    try {
      process.kill(pid, signal)
    } catch {
      // It ended between the look and the signal.
    }
  }
}

function* parents(): Generator<readonly [pid: number, parent: number]> {
  for (const pid of procEntries()) {
    const [, parent] = stat(Number(pid)) ?? []
    if (parent !== undefined) yield [Number(pid), Number(parent)]
  }
}

export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Whether no thread of a process, or of one that descends from it, runs on after SIGSTOP. */
export const isStopped = (root: number): boolean =>
  processTree(root).every((pid) => threads(pid).every((thread) => 'TtZX'.includes(stat(thread)?.[0] ?? 'X')))

/** Dead, and not yet reaped. */
export const isZombie = (pid: number): boolean => stat(pid)?.[0] === 'Z'

/** The fields of /proc/PID/stat from the third on: state, parent … */
function stat(pid: number | string): readonly string[] | undefined {
  try {
    // `pid (name) state parent …`, and the name may hold anything, brackets included.
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    // It ended meanwhile.
    return undefined
  }
}

const threads = (pid: number): readonly string[] => procEntries(`/proc/${pid}/task`).map((id) => `${pid}/task/${id}`)

function procEntries(folder = '/proc'): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

let bound: readonly string[] | undefined

/** What stands before a command so that the kernel kills it when this process dies, by whatever means; or nothing. */
export function boundToParent(): readonly string[] {
  const prefix = ['setpriv', '--pdeathsig', 'KILL', '--']
  bound ??= runs([...prefix, 'true']) ? prefix : []
  return bound
}

function runs([command = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
