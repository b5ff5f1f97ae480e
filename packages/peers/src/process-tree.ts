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
    try {
      // `pid (name) state parent …`, and the name may hold anything, brackets included.
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      yield [Number(pid), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])]
    } catch {
      // It ended meanwhile.
    }
  }
}

function procEntries(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
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
