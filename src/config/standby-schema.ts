import { z } from 'zod'
import { EFFORTS } from '../call/effort.ts'
import { boolean, duration, modelName, name, number, text, wholeNumber } from './scalars.ts'

const models = () => z.array(modelName()).default([])

const fallbacks = z.strictObject({
  contextWindow: models().describe('Models to ask, in order, when a call is too long for this one.'),
  contentFilter: models().describe(
    "Models to ask, in order, when the vendor's content filter refuses a call or stops its answer.",
  ),
})

const step = z.strictObject({
  name: name().describe('What headers and metrics call the step.'),
  maxTokens: wholeNumber(1).optional().describe('Most tokens of an answer.'),
  reasoningEffort: z.enum(EFFORTS).optional().describe('Most effort of reasoning, for calls that ask for any.'),
  stale: boolean()
    .optional()
    .describe(
      'Give an expired answer from the cache, as long as `cache.staleIfError` keeps it, without asking anybody.',
    ),
  degradeTo: boolean()
    .optional()
    .describe("Ask the models of the model's `degradeTo` first, those that have room, and its own targets after them."),
})

const degrade = z.strictObject({
  steps: z.array(step).min(1).describe('What is done for less, one step after another.'),
  pressure: number(0.01, 1)
    .prefault(0.5)
    .describe(
      'From which pressure on a step is due: the share of the targets, key by key, that cannot be asked or whose quota is spent, or of the queue that is full.',
    ),
  after: duration(0).prefault('10s').describe('How long that must last before each step down.'),
  recoverAfter: duration(0).prefault('60s').describe('How long it must be over before each step back.'),
})

/** What a model has for when its own targets cannot answer as they were asked. */
export const standby = {
  degradeTo: models().describe(
    'Models under `models` to ask, in order, when no target can answer, each followed by its own `degradeTo`. One of `attempts` is kept for them.',
  ),
  fallbacks: fallbacks
    .prefault({})
    .describe(
      'Models under `models` that take calls which this one refuses; the only refusals that are tried elsewhere.',
    ),
  lastResort: z
    .strictObject({
      provider: text().describe('A name under `providers`.'),
      model: modelName().describe("The vendor's name of the model."),
    })
    .optional()
    .describe('Who is asked last, even with an open breaker.'),
  canned: text().optional().describe('Text to answer with when nobody can; a 503 unless set.'),
  degrade: degrade
    .optional()
    .describe(
      'Cheaper answers, or those of a smaller model, while the targets or the queue are hard pressed; off unless set.',
    ),
}
