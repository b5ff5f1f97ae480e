import { focusChecks } from './focus-checks.ts'
import { limeChecks } from './lime-checks.ts'
import { searchChecks } from './search-checks.ts'
import { shapleyChecks } from './shapley-checks.ts'
import type { Checks } from './small-games.ts'

// What is asked of each method, of any glass box: solvers.test.ts asks it of files, mutations.test.ts of the formula.

export const checks: Checks = { ...shapleyChecks, ...limeChecks, ...searchChecks, ...focusChecks }
