// node run-check.ts NAME: one check of the glass box by formula, which takes no child process and no time.

import { glassBoxByFormula } from './by-formula.ts'
import { checks } from './checks.ts'

await checks[process.argv[2]!]!.run(glassBoxByFormula)
