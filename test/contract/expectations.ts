import { finishFor, REFUSAL_MEMBER } from './finishes.ts'
import type { DialectName } from './recordings.ts'
import type { Counts, Said, SaidAnswer } from './said.ts'

const NOTHING: Counts = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 }

/** Dialects that give as many answers as were asked for. */
const SEVERAL: ReadonlySet<DialectName> = new Set(['openai-chat', 'gemini'])

/** Dialects whose answers always have a usage report. */
const ALWAYS_COUNTED: ReadonlySet<DialectName> = new Set(['anthropic', 'bedrock'])

/** Counts that a dialect's report has no member for; they are part of the others. */
const UNCOUNTED: Readonly<Record<DialectName, Partial<Counts>>> = {
  'openai-chat': {},
  'openai-responses': {},
  anthropic: {},
  gemini: { cacheWrite: 0 },
  bedrock: { reasoning: 0 },
}

/** What a client of one dialect should read of what a vendor of another one said. */
export function expected(client: DialectName, vendor: DialectName, said: Said): Said {
  const answers = SEVERAL.has(client) ? said.answers : said.answers.slice(0, 1)
  return {
    id: client === 'bedrock' ? '' : said.id,
    model: client === 'bedrock' ? '' : said.model,
    answers: answers.map(answer => expectedAnswer(client, vendor, answer)),
    usage: expectedUsage(client, said.usage),
  }
}

function expectedAnswer(client: DialectName, vendor: DialectName, answer: SaidAnswer): SaidAnswer {
  const finish = finishFor(client, vendor, answer)
  if (REFUSAL_MEMBER.has(client)) return { ...answer, finish }
  return { ...answer, text: answer.text + answer.refusal, refusal: '', finish }
}

function expectedUsage(client: DialectName, usage: Counts | undefined): Counts | undefined {
  if (usage === undefined && !ALWAYS_COUNTED.has(client)) return undefined
  const counts = { ...(usage ?? NOTHING), ...UNCOUNTED[client] }
  // Azure reported more cached tokens than tokens.
  return { ...counts, cacheRead: Math.min(counts.cacheRead, counts.input) }
}

/**
 * What the client read, with what its vendor could not say taken from it: a vendor that names no answer, model or call leaves that
 * to the gateway, which then has to name them somehow.
 */
export function withoutNames(heard: Said, { id, model, answers }: Said): Said {
  return {
    ...heard,
    id: id === '' ? '' : heard.id,
    model: model === '' ? '' : heard.model,
    answers: heard.answers.map((answer, at) => ({
      ...answer,
      calls: answer.calls.map((call, place) => (answers[at]?.calls[place]?.id === '' ? { ...call, id: '' } : call)),
    })),
  }
}
