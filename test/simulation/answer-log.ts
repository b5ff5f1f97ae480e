import type { Question, ShardAnswer, ShardPlan } from '@fanlight/contracts'
import { type Answer, assembleAnswer } from '@fanlight/explain'
import type { Store } from '@fanlight/ports'

interface LoggedQuestion {
  readonly question: Question
  readonly plan: ShardPlan
  readonly first: Map<number, ShardAnswer>
}

/** Stands beside the store and remembers by itself which plan came first, and which answer to each shard did. */
export class AnswerLog {
  readonly #questions = new Map<string, LoggedQuestion>()

  watch(store: Store): Store {
    const log = this.#questions
    return new Proxy(store, {
      get(target, name, receiver) {
        if (name === 'askQuestion') {
          return (asked: Parameters<Store['askQuestion']>[0]) => {
            const key = `${asked.explanation}/${asked.ordinal}`
            if (!log.has(key)) log.set(key, { question: asked.question, plan: asked.plan, first: new Map() })
            return target.askQuestion(asked)
          }
        }
        if (name === 'storeAnswer') {
          return (...args: Parameters<Store['storeAnswer']>) => {
            const [{ explanation, ordinal, shard }, outcome] = args
            const first = log.get(`${explanation}/${ordinal}`)?.first
            if (outcome.ok && first && !first.has(shard)) first.set(shard, outcome.answer)
            return target.storeAnswer(...args)
          }
        }
        const member = Reflect.get(target, name, receiver)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
  }

  /** What the explanation must have been told as answer to its question. */
  answerTo(explanation: string, ordinal: number): Answer {
    const { question, plan, first } = this.#questions.get(`${explanation}/${ordinal}`)!
    const answers = plan.slice(1).map((_, shard) => first.get(shard)!)
    return assembleAnswer(question, plan, answers)
  }
}
