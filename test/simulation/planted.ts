import type { ShardAnswer, ShardPlan } from '@fanlight/contracts'
import type { AggregateRow, Store } from '@fanlight/ports'

// Three mistakes that systems of this kind really make. Each stands between the services and a right store; the
// simulation must find every one of them.

/** Decides completion from a count that was read before the answer was stored: two last answers each see the other missing. */
export function completionRace(store: Store, step: () => Promise<void>): Store {
  const missing = new Map<string, number>()
  return override(store, {
    async askQuestion(asked) {
      const sends = await store.askQuestion(asked)
      const key = `${asked.explanation}/${asked.ordinal}`
      if (!missing.has(key)) missing.set(key, sends.plan.length - 1)
      return sends
    },
    async storeAnswer(ref, outcome, measured) {
      const key = `${ref.explanation}/${ref.ordinal}`
      const history = await store.readExplanation(ref.project, ref.explanation)
      const isNew = history?.questions[ref.ordinal]?.answers[ref.shard] === undefined
      const before = missing.get(key) ?? 0
      await step()
      const sends = await store.storeAnswer(ref, outcome, measured)
      if (!outcome.ok) return sends
      missing.set(key, before - (isNew ? 1 : 0))
      const complete = missing.get(key) === 0
      return { complete, outbox: complete ? sends.outbox : [] }
    },
    async readExplanation(project, id) {
      const history = await store.readExplanation(project, id)
      if (!history) return undefined
      const questions = history.questions.map((q) => ({ ...q, complete: missing.get(`${id}/${q.ordinal}`) === 0 }))
      return { ...history, questions }
    },
  })
}

/** Cuts a question again whenever it is asked again, by the speed of the day, and keeps the answers it has. */
export function planCutAnew(store: Store): Store {
  const plans = new Map<string, ShardPlan>()
  return override(store, {
    async askQuestion(asked) {
      const history = await store.readExplanation(asked.project, asked.explanation)
      const answers = history?.questions[asked.ordinal]?.answers ?? []
      plans.set(`${asked.explanation}/${asked.ordinal}`, asked.plan)
      const missing = asked.plan.slice(1).flatMap((_, shard) => (answers[shard] === undefined ? [shard] : []))
      const { outbox } = await store.askQuestion({ ...asked, messages: () => asked.messages(asked.plan, missing) })
      return { plan: asked.plan, outbox }
    },
    async readExplanation(project, id) {
      const history = await store.readExplanation(project, id)
      if (!history) return undefined
      return {
        ...history,
        questions: history.questions.map((question) => {
          const plan = plans.get(`${id}/${question.ordinal}`) ?? question.plan
          const answers: (ShardAnswer | undefined)[] = plan.slice(1).map((_, shard) => question.answers[shard])
          return { ...question, plan, answers }
        }),
      }
    },
  })
}

const SCALE = 2 ** 40

/** Adds the aggregates up as float32, as maps are kept: the sum then depends on who came first. */
export function floatSums(store: Store): Store {
  const rows = new Map<string, { row: AggregateRow; floats: number[] }>()
  return override(store, {
    async countTargets(project, job, item, explanation, targets) {
      const before = await store.countedTargets(project, job)
      await store.countTargets(project, job, item, explanation, targets)
      if ((await store.countedTargets(project, job)) === before) return
      for (const { method, aggregates } of targets) {
        for (const { key, sums } of aggregates) {
          const at = `${project}/${job}/${method}/${key}`
          const known = rows.get(at) ?? { row: { method, key, targets: 0, sums: [] }, floats: sums.map(() => 0) }
          const floats = known.floats.map((sum, i) => Math.fround(sum + Number(sums[i]!) / SCALE))
          rows.set(at, { row: { ...known.row, targets: known.row.targets + 1 }, floats })
        }
      }
    },
    async listAggregates(project, job) {
      const exact = await store.listAggregates(project, job)
      return exact.map((row) => {
        const kept = rows.get(`${project}/${job}/${row.method}/${row.key}`)
        return { ...row, sums: kept ? kept.floats.map((sum) => BigInt(Math.round(sum * SCALE))) : row.sums }
      })
    },
  })
}

function override(store: Store, members: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name, receiver) {
      const own = Reflect.get(members, name)
      if (own) return own
      const member = Reflect.get(target, name, receiver)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
