import type { AttributionRecord, ExplanationResult } from '@fanlight/contracts'
import { inBoxEnergy } from '@fanlight/evaluate'
import { type Attribution, assembleAnswer, type Explained, encodeTranscript } from '@fanlight/explain'
import { encodeNpy } from '@fanlight/image/npy'
import type { ArtifactStore, ExplanationHistory } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import type { ExplainerPorts } from './desk.ts'

/** Above this share of its value without any evidence, a target is called unexplainable (docs/spec/explainers.md). */
const UNEXPLAINABLE_ABOVE = 0.2

/** Maps and transcript become artifacts, then the explanation ends: an artifact is there before anything refers to it. */
export async function finish(ports: ExplainerPorts, history: ExplanationHistory, explained: Explained): Promise<void> {
  const { artifacts, store } = ports
  const attributions: AttributionRecord[] = []
  for (const attribution of explained.attributions) attributions.push(await record(artifacts, explained, attribution))
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

async function record(
  artifacts: ArtifactStore,
  { width, height }: Explained,
  made: Attribution,
): Promise<AttributionRecord> {
  const { target, map, forwards, fullValue, emptyValue, stability, priorShare } = made
  const sha256 = await artifacts.put(encodeNpy(map.data, [map.height, map.width]))
  return {
    target,
    map: { sha256, shape: [map.height, map.width] },
    forwards,
    fullValue,
    emptyValue,
    unexplainable: fullValue === null || emptyValue === null ? null : emptyValue > UNEXPLAINABLE_ABOVE * fullValue,
    stability,
    priorShare,
    inBoxEnergy: inBoxEnergy(map, target.box, { width, height }),
  }
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
