import type { AttributionRecord, ExplanationResult } from '@fanlight/contracts'
import { assembleAnswer, type Explained, encodeTranscript, recordOf } from '@fanlight/explain'
import type { ExplanationHistory } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import type { ExplainerPorts } from './desk.ts'

/** Maps and transcript become artifacts, then the explanation ends: an artifact is there before anything refers to it. */
export async function finish(ports: ExplainerPorts, history: ExplanationHistory, explained: Explained): Promise<void> {
  const { artifacts, store } = ports
  const attributions: AttributionRecord[] = []
  for (const made of explained.attributions) {
    const { record, files } = recordOf(made, explained)
    for (const bytes of files) await artifacts.put(bytes)
    attributions.push(record)
  }
  const result: ExplanationResult = {
    width: explained.width,
    height: explained.height,
    attributions,
    targetsCut: explained.targetsCut,
    transcript: await artifacts.put(encodeTranscript(transcriptOf(history))),
    executionClass: [...new Set(history.questions.flatMap(({ executionClass }) => executionClass ?? []))]
      .sort()
      .join(' + '),
    forwards: history.questions.reduce((sum, { plan }) => sum + plan.at(-1)!, 0),
  }
  await sendOutbox(ports, await store.endExplanation(history.project, history.id, { ok: true, result }))
}

function transcriptOf(history: ExplanationHistory) {
  const { image, method, spec } = history
  return {
    identity: {
      image: image.sha256,
      detector: spec.detector.id,
      policy: spec.policy,
      method,
      seed: spec.seed,
      ...(spec.nonce !== undefined && { nonce: spec.nonce }),
    },
    questions: history.questions.map(({ hash, question, plan, answers }) => ({
      hash,
      answer: assembleAnswer(
        question,
        plan,
        answers.filter((answer) => answer !== undefined),
      ),
    })),
  }
}
