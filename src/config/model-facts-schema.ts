import { z } from 'zod'
import { MODALITIES, PARAMETERS } from '../models/facts.ts'
import { boolean, duration, number, text, wholeNumber } from './scalars.ts'

const tokens = () => wholeNumber(1).optional()

const price = {
  input: number(0).describe('USD for a million input tokens.'),
  output: number(0).describe('USD for a million output tokens.'),
  cacheRead: number(0).optional().describe("USD for a million input tokens that come from the vendor's prompt cache."),
  cacheWrite: number(0).optional().describe('USD for a million input tokens that are put into it.'),
}

const longContext = z.strictObject({
  above: wholeNumber(1).describe('Calls with more input tokens than this cost what follows, for all of their tokens.'),
  ...price,
})

/** What is known of one model; every member may be missing. */
const modelFacts = z.strictObject({
  contextWindow: tokens().describe('Most tokens of input and output together.'),
  maxOutput: tokens().describe('Most tokens of an answer; calls that are translated are held to it.'),
  defaultMaxTokens: tokens().describe(
    'Sent as `max_tokens` to vendors that insist on it, where the client has set none; `maxOutput` unless set, and 4096 where that is not known either.',
  ),
  input: z.array(z.enum(MODALITIES)).optional().describe('What it understands.'),
  output: z.array(z.enum(MODALITIES)).optional().describe('What it answers with.'),
  refuses: z
    .array(z.enum(PARAMETERS))
    .optional()
    .describe('Settings that it refuses: left out as a loss, or refused where the call is strict.'),
  refusesWhileReasoning: z
    .array(z.enum(PARAMETERS))
    .optional()
    .describe('Settings that it refuses only in calls that ask for reasoning.'),
  thinking: z
    .enum(['budget', 'adaptive'])
    .optional()
    .describe(
      'For models of Anthropic: whether reasoning is asked for by a budget of tokens, or by `adaptive` and an effort.',
    ),
  price: z
    .strictObject({
      ...price,
      longContext: longContext.optional().describe('What long calls cost; the same as others unless set.'),
    })
    .optional()
    .describe('What the vendor charges.'),
})

/** Sections of the file about models themselves, whoever answers for them. */
export const modelKnowledge = {
  modelLists: z
    .strictObject({
      vendors: boolean()
        .prefault(false)
        .describe(
          'Show what the vendors say that they have beside what this file names, as `provider/model`. They are asked when somebody first wants the list.',
        ),
      ttl: duration()
        .prefault('10m')
        .describe("After how long a vendor's list is asked for anew, while the old one is shown."),
    })
    .prefault({})
    .describe('What `GET /v1/models` shows.'),
  modelFacts: z
    .record(text(), modelFacts)
    .default({})
    .describe(
      'What is known of models, by their names (`claude-sonnet-4-5`) or as `provider/model`: rows of your own, which win member by member over those that come with Sluice (docs/models.md).',
    ),
}
