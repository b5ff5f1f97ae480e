/**
 * How much wider than its standard error an interval must be that covers the truth at all times at once, so that one
 * may look at it after every answer and stop when one likes: estimate ± factor · standard error. The asymptotic
 * confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (Annals of Statistics 52(6), 2024, theorem
 * 2.2): as far as sums are nearly normal, which makes it fit for coefficients of a regression. Look at no fewer than
 * some hundred observations.
 * @param count observations that the standard error comes from, positive
 * @param tightestAt at how many of them the factor should be least: where one expects to stop
 * @param level of the cover, between 0 and 1
 */
export function sequenceFactor(count: number, tightestAt: number, level: number): number {
  const surprise = -2 * Math.log(1 - level)
  const time = (count / tightestAt) * (surprise + Math.log(surprise + 1))
  return Math.sqrt(((time + 1) / time) * (Math.log(time + 1) + surprise))
}

/** An estimate and half the width of its interval. */
export interface Interval {
  readonly centre: number
  readonly halfWidth: number
}

/**
 * The mean of observations that lie between two bounds, with an interval that covers it at all times at once with at
 * least the probability `level`, whatever their distribution and however few they are: the predictable plug-in
 * empirical-Bernstein confidence sequence of Waudby-Smith and Ramdas (JRSS B 86(1), 2024, theorem 2). They need not be
 * independent; each must have the same mean given those before it.
 */
export class BoundedMean {
  readonly #low: number
  readonly #range: number
  readonly #surprise: number
  #count = 0
  /** Of the observations, moved to 0..1; mean and variance begin with one made-up observation of ½ ± ½. */
  #sum = 0.5
  #squares = 0.25
  #bets = 0
  #weighted = 0
  #spent = 0
  #from = 0
  #to = 1

  /** @param low,high between which all observations lie, low < high */
  constructor(low: number, high: number, level: number) {
    this.#low = low
    this.#range = high - low
    this.#surprise = Math.log(2 / (1 - level))
  }

  add(observation: number): void {
    const x = (observation - this.#low) / this.#range
    const count = ++this.#count
    const [mean, variance] = [this.#sum / count, this.#squares / count]
    // What is bet on an observation may depend only on those before it.
    const bet = Math.min(0.5, Math.sqrt((2 * this.#surprise) / (variance * count * Math.log(1 + count))))
    this.#bets += bet
    this.#weighted += bet * x
    this.#spent += (x - mean) ** 2 * (-Math.log1p(-bet) - bet)
    this.#sum += x
    this.#squares += (x - this.#sum / (count + 1)) ** 2
    const centre = this.#weighted / this.#bets
    const halfWidth = (this.#surprise + this.#spent) / this.#bets
    this.#from = Math.max(this.#from, centre - halfWidth)
    this.#to = Math.min(this.#to, centre + halfWidth)
  }

  /** What all intervals so far have in common, since they cover the mean together; it never widens. */
  get interval(): Interval {
    const centre = (this.#from + this.#to) / 2
    // They may part, as seldom as they may miss.
    const halfWidth = Math.max(0, this.#to - this.#from) / 2
    return { centre: this.#low + this.#range * centre, halfWidth: this.#range * halfWidth }
  }
}

/** Looks cost a question each: the first after `FIRST_LOOK` observations, then when there are twice as many. */
const FIRST_LOOK = 128

/**
 * How a budget is asked for when one may stop before it is used up.
 * @returns sizes of the rounds, which sum to the budget
 */
export function roundsOf(budget: number): readonly number[] {
  const rounds = [Math.min(budget, FIRST_LOOK)]
  for (let asked = rounds[0]!; asked < budget; asked *= 2) rounds.push(Math.min(asked, budget - asked))
  return rounds
}
