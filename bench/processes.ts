import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import pidusage from 'pidusage'

const run = promisify(execFile)

/** Processes whose parent this is. */
export async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-e', '-o', 'pid=,ppid=,comm='])
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  return rows
    .filter(([, parent, command]) => Number(parent) === pid && command !== 'ps')
    .map(([child]) => Number(child))
}

/** What the children of this process have computed so far, and this process if it counts: user and system time. */
export async function cpuSeconds(counts: 'children' | 'all'): Promise<number> {
  const own = process.cpuUsage()
  const usage = await Promise.all((await childrenOf(process.pid)).map((pid) => pidusage(pid)))
  const ownMs = counts === 'all' ? (own.user + own.system) / 1000 : 0
  return usage.reduce((sum, { ctime }) => sum + ctime, ownMs) / 1000
}
