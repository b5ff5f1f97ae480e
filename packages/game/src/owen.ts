import type { Coalition, Ends } from './game.ts'

/** Players in a binary tree: a player, or two parts. */
export type Hierarchy = number | readonly [Hierarchy, Hierarchy]

const FIRST_HALVINGS = 8

/** A part, in the company of players who are there already: what it adds, to each game. */
interface Part {
  readonly members: readonly number[]
  /** None of a single player. */
  readonly halves: readonly Hierarchy[]
  readonly company: Coalition
  /** v(company) and v(company ∪ part), one a game. */
  readonly without: readonly number[]
  readonly together: readonly number[]
  /** How much of the values it stands for. */
  readonly weight: number
}

/**
 * Owen values over a hierarchy (Owen 1977; nested as in the PartitionExplainer of Python's shap): a part's value goes to
 * its two halves by what each adds, before and after the other; these again to their halves. Where the budget ends, a
 * part's value is spread evenly over its players. All games share the coalitions: the parts that are halved next are
 * those whose values, squared, have the largest sum over the games. The values of a game always add up to
 * v(full) − v(empty); they are the Shapley values where the parts do not interact.
 *
 * A generator of rounds: yields coalitions, is given their values, one list a game.
 * @param budget coalitions in all
 * @param ends of each game
 * @returns the values of each game, one a player
 */
export function* owenValues(
  players: number,
  hierarchy: Hierarchy,
  budget: number,
  ends: readonly Ends[],
): Generator<readonly Coalition[], readonly Float64Array[], readonly ArrayLike<number>[]> {
  let asked = 0
  const whole: Part = {
    members: membersOf(hierarchy),
    halves: halvesIn(hierarchy),
    company: new Uint8Array(players),
    without: ends.map(({ empty }) => empty),
    together: ends.map(({ full }) => full),
    weight: 1,
  }
  let parts: Part[] = whole.halves.length > 0 ? [whole] : []
  const leaves: Part[] = whole.halves.length > 0 ? [] : [whole]
  while (parts.length > 0 && asked + 2 <= budget) {
    // The more is known the larger a round: the first ones choose well, and there are few of them.
    const halvings = Math.min(Math.floor((budget - asked) / 2), Math.max(FIRST_HALVINGS, Math.floor(asked / 4)))
    const sorted = parts.toSorted((a, b) => importanceOf(b) - importanceOf(a))
    const chosen = sorted.slice(0, halvings)
    const coalitions = chosen.flatMap(({ company, halves }) => halves.map((half) => joined(company, half)))
    const values = yield coalitions
    asked += coalitions.length
    const made = chosen.flatMap((part, i) => halvesOf(part, coalitions, values, 2 * i))
    parts = [...sorted.slice(halvings), ...made.filter(({ halves }) => halves.length > 0)]
    leaves.push(...made.filter(({ halves }) => halves.length === 0))
  }
  return ends.map((_, game) => spread(players, [...leaves, ...parts], game))
}

/** A part's halves, each in the company of those before and of the other half, too. */
function halvesOf(
  part: Part,
  coalitions: readonly Coalition[],
  values: readonly ArrayLike<number>[],
  at: number,
): Part[] {
  const { company, without, together, halves } = part
  const weight = part.weight / 2
  return halves.flatMap((half, i) => {
    const [mine, other] = [at + i, at + 1 - i]
    const alone = values.map((game) => game[mine]!)
    const others = values.map((game) => game[other]!)
    const shared = { members: membersOf(half), halves: halvesIn(half), weight }
    return [
      { ...shared, company, without, together: alone },
      { ...shared, company: coalitions[other]!, without: others, together },
    ]
  })
}

const halvesIn = (hierarchy: Hierarchy): readonly Hierarchy[] => (typeof hierarchy === 'number' ? [] : hierarchy)

const membersOf = (hierarchy: Hierarchy): readonly number[] =>
  typeof hierarchy === 'number' ? [hierarchy] : hierarchy.flatMap(membersOf)

function importanceOf({ without, together, weight }: Part): number {
  const sum = together.reduce((squares, value, game) => squares + (value - without[game]!) ** 2, 0)
  return sum * weight ** 2
}

function joined(company: Coalition, part: Hierarchy): Coalition {
  const coalition = company.slice()
  for (const player of membersOf(part)) coalition[player] = 1
  return coalition
}

function spread(players: number, parts: readonly Part[], game: number): Float64Array {
  const values = new Float64Array(players)
  for (const { members, without, together, weight } of parts) {
    const share = (weight * (together[game]! - without[game]!)) / members.length
    for (const player of members) values[player]! += share
  }
  return values
}
