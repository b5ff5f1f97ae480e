import { relative, resolve } from 'node:path'
import type { EventData, TestsStream } from 'node:test'
import { inspect, stripVTControlCharacters } from 'node:util'
import { root } from './suites.ts'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

export interface SuiteReport extends Counts {
  /** Why tests were skipped, and how many for each reason. */
  readonly reasons: Map<string, number>
}

const colours = process.stdout.isTTY && !process.env.NO_COLOR
const paint = (code: number, text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text)
export const red = (text: string) => paint(31, text)
export const green = (text: string) => paint(32, text)
export const dim = (text: string) => paint(2, text)

/** Prints failures in full and the diagnostics that tests leave (figures); counts the rest. */
export async function report(events: TestsStream, write: (text: string) => void): Promise<SuiteReport> {
  const result: SuiteReport = { passed: 0, failed: 0, skipped: 0, reasons: new Map() }
  const output = new Map<string, string>()
  const failures: (EventData.TestFail & { under: string })[] = []
  const path: string[] = []

  for await (const { type, data } of events) {
    if (type === 'test:start') path.splice(data.nesting, Infinity, data.name)
    else if (type === 'test:stdout' || type === 'test:stderr') {
      const file = data.file ?? ''
      output.set(file, `${output.get(file) ?? ''}${data.message}`.slice(-20_000))
    } else if (type === 'test:diagnostic' && data.file !== undefined) write(dim(`  ${data.message}\n`))
    else if (type === 'test:pass' && data.name === data.file) {
      result.failed++
      write(red(`✖ ${fileName(data.file)} holds no test\n`))
    } else if (type === 'test:pass') pass(data, result)
    else if (type === 'test:fail' && runnerError(data).failureType !== 'subtestsFailed') {
      result.failed++
      failures.push({ ...data, under: path.slice(0, data.nesting).join(' › ') })
    }
  }
  for (const failure of failures) write(describe(failure))
  for (const file of new Set(failures.map(({ file, name }) => fileName(file ?? name)))) {
    const text = [...output].find(([name]) => fileName(name) === file)?.[1]
    if (text) write(dim(`  what ${file} printed:\n`) + indent(text))
  }
  return result
}

function pass(data: EventData.TestPass, result: SuiteReport): void {
  if (data.details.type === 'suite') return
  if (data.skip !== undefined || data.todo !== undefined) {
    const reason = typeof data.skip === 'string' && data.skip !== '' ? data.skip : `${data.name}: no reason given`
    result.skipped++
    result.reasons.set(reason, (result.reasons.get(reason) ?? 0) + 1)
  } else result.passed++
}

interface RunnerError extends Error {
  readonly failureType?: string
  readonly exitCode?: number | null
  readonly signal?: string | null
}

const runnerError = (data: EventData.TestFail): RunnerError => data.details.error

function describe(data: EventData.TestFail & { under: string }): string {
  const { cause, failureType, exitCode, signal } = runnerError(data)
  const place = `${fileName(data.file ?? '')}:${data.line}`
  if (data.name === data.file) {
    const ending = failureType === 'testAborted' ? 'the time limit of its suite' : (signal ?? `exit code ${exitCode}`)
    return `${red(`✖ ${place} did not run to its end`)}\n    ended by ${ending}\n`
  }
  const title = [data.under, data.name].filter(Boolean).join(' › ')
  const why = stripVTControlCharacters(
    cause instanceof Error ? inspect(cause, { depth: 6, maxStringLength: 2000 }) : String(cause),
  )
  const lines = why.split('\n').filter((line) => !/^ +at .*\(?node:internal/.test(line))
  return `${red(`✖ ${title}`)}\n  ${place}\n${indent(lines.join('\n'))}`
}

const fileName = (file: string) => relative(root, resolve(root, file))
const indent = (text: string) => `${text.trimEnd().replace(/^/gm, '    ')}\n`
