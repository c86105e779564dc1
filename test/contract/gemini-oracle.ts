import { type Counts, type Said, type SaidAnswer, text, tokens, type Wire, wire, wires } from './said.ts'

/** What an answer of Gemini's `generateContent` says. Parts of built-in tools are no part of the comparison. */
export function saidByGenerated(answer: Wire): Said {
  const candidates = wires(answer.candidates)
  const blocked = text(wire(answer.promptFeedback).blockReason)
  return {
    id: text(answer.responseId),
    model: text(answer.modelVersion),
    answers: candidates.length === 0 ? [saidByParts([], blocked)] : candidates.map(saidByCandidate),
    usage: countsOf(answer.usageMetadata),
  }
}

function saidByCandidate({ content, finishReason }: Wire): SaidAnswer {
  return saidByParts(wires(wire(content).parts), text(finishReason))
}

function saidByParts(parts: readonly Wire[], finish: string): SaidAnswer {
  const textOf = (part: Wire): string => text(part.text)
  return {
    text: parts
      .filter(({ thought }) => thought !== true)
      .map(textOf)
      .join(''),
    refusal: '',
    thought: parts
      .filter(({ thought }) => thought === true)
      .map(textOf)
      .join(''),
    proofs: parts.map(part => text(part.thoughtSignature)).filter(proof => proof !== ''),
    calls: parts
      .filter(({ functionCall }) => functionCall !== undefined)
      .map(({ functionCall }) => {
        const { id, name, args } = wire(functionCall)
        return { id: text(id), name: text(name), arguments: wire(args) }
      }),
    finish: finish || null,
  }
}

function countsOf(report: unknown): Counts | undefined {
  if (typeof report !== 'object' || report === null) return undefined
  const usage = wire(report)
  const thoughts = tokens(usage.thoughtsTokenCount)
  return {
    input: tokens(usage.promptTokenCount) + tokens(usage.toolUsePromptTokenCount),
    output: tokens(usage.candidatesTokenCount) + thoughts,
    cacheRead: tokens(usage.cachedContentTokenCount),
    cacheWrite: 0,
    reasoning: thoughts,
  }
}

/** The answer that the chunks of a stream add up to: parts are added to parts, the rest is what the last chunk says of it. */
export function generatedOf(chunks: readonly Wire[]): Wire {
  const candidates: Record<string, unknown>[] = []
  let whole: Wire = {}
  for (const chunk of chunks) {
    whole = { ...whole, ...chunk }
    for (const candidate of wires(chunk.candidates)) {
      const at = tokens(candidate.index)
      const known = wire(candidates[at])
      const parts = [...wires(wire(known.content).parts), ...wires(wire(candidate.content).parts)]
      candidates[at] = { ...known, ...candidate, content: { parts } }
    }
  }
  return { ...whole, candidates }
}
