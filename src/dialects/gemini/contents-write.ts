import type { ToolResultBlock } from '../../call/block.ts'
import type { Call, Turn } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { InvalidRequest } from '../../errors.ts'
import { refuseStrayResults } from '../tool-results.ts'
import { type ContentContext, systemTexts } from '../write-context.ts'
import { DIALECT, isObject, type Members, noteOf, ownMembers } from './members.ts'
import { reportAnnotations, writePart } from './parts-write.ts'
import { writeResult } from './result-write.ts'
import { checksSignatures, SKIP_SIGNATURE } from './signature.ts'

/**
 * The turns as `systemInstruction` and `contents`: system turns are joined in order wherever they stood, tool turns in a row
 * become one content (acceptance B11). Throws InvalidRequest where Gemini could only refuse what is left.
 */
export function writeTurns(call: Call, losses: Loss[]): { systemInstruction?: Json; contents: Members[] } {
  const context: ContentContext = { into: 'request', own: call.dialect === DIALECT, at: 'contents', losses }
  if (!context.own) refuseStrayResults(call.turns)
  const names = new Map<string, string>()
  const system: Turn[] = []
  const contents: Members[] = []
  let results: { role: string; parts: Json[] } | undefined
  for (const turn of call.turns) {
    reportTurn(turn, context)
    if (turn.role === 'system') {
      if (contents.length > 0) {
        losses.push({ path: turn.at ?? 'system', why: 'moved to the front: Gemini has one system instruction' })
      }
      system.push(turn)
      continue
    }
    const parts = writeParts(turn, names, context)
    if (parts.length === 0 && !context.own) {
      losses.push({ path: turn.at ?? 'contents', why: 'Gemini refuses a message without content' })
    } else if (turn.role === 'tool' && results !== undefined) {
      results.parts.push(...parts)
    } else {
      const content = { ...ownMembers(turn.extra), ...roleOf(turn), ...formed(turn, parts) }
      results = turn.role === 'tool' && !context.own ? { role: 'user', parts: [...parts] } : undefined
      contents.push(results ?? content)
    }
  }
  if (contents.length === 0 && !context.own) {
    throw InvalidRequest({ param: 'messages' }, 'messages must hold a user or assistant message that is not empty')
  }
  const signed = context.own || !checksSignatures(call.model) ? contents : contents.map(signFirstCall)
  return { ...writeSystem(system, context), contents: signed }
}

function writeSystem(turns: readonly Turn[], context: ContentContext): { systemInstruction?: Json } {
  const [first] = turns
  if (first === undefined) return {}
  const blocks = turns.flatMap(turn =>
    systemTexts(turn.blocks, context, 'a system instruction at Gemini holds text only'),
  )
  const parts = blocks.map(block => writePart(block, context)).filter(part => part !== undefined)
  if (parts.length === 0 && !context.own) return {}
  return { systemInstruction: { ...ownMembers(first.extra), ...formed(first, parts) } }
}

/** The parts of a turn; results come first, and what they hold beside text stands behind them all. */
function writeParts(turn: Turn, names: Map<string, string>, context: ContentContext): Members[] {
  const parts: Members[] = []
  const behind: Members[] = []
  for (const block of turn.blocks) {
    if (block.type === 'tool-call') names.set(block.id, block.name)
    if (block.type === 'tool-result') {
      const { part, media } = writeResult(block, nameOf(block, names), context)
      parts.push(part)
      behind.push(...media)
    } else {
      const part = writePart(block, context)
      if (part !== undefined) parts.push(part)
    }
  }
  return [...parts, ...behind]
}

/** Gemini knows a result by the name of its function, other dialects by the id of its call. */
function nameOf(block: ToolResultBlock, names: ReadonlyMap<string, string>): string {
  const name = noteOf(block.extra, '$name') ?? names.get(block.id)
  if (typeof name === 'string') return name
  const param = block.at ?? 'messages'
  throw InvalidRequest(
    { param },
    `${param}: there is a tool result for "${block.id}", but no earlier tool call with that id`,
  )
}

function roleOf({ role, extra }: Turn): { role?: string } {
  const noted = noteOf(extra, '$role')
  if (noted === 'none') return {}
  if (typeof noted === 'string') return { role: noted }
  return { role: role === 'assistant' ? 'model' : 'user' }
}

function formed({ extra }: Turn, parts: readonly Members[]): { parts?: Json } {
  const form = noteOf(extra, '$parts')
  if (form === 'none' && parts.length === 0) return {}
  return form === 'single' && parts[0] !== undefined ? { parts: parts[0] } : { parts }
}

function reportTurn(turn: Turn, context: ContentContext): void {
  reportAnnotations({ ...turn, at: turn.at ?? 'contents' }, context)
  if (turn.name !== undefined) {
    context.losses.push({ path: `${turn.at ?? 'contents'}.name`, why: 'Gemini names no speakers' })
  }
}

/** Of calls side by side only the first is signed; a turn whose first call is not gets the value that Google documents for it (B8). */
function signFirstCall(content: Members): Members {
  const parts = content.parts as readonly Members[]
  const first = parts.findIndex(part => isObject(part.functionCall))
  const call = parts[first]
  if (call === undefined || call.thoughtSignature !== undefined) return content
  return { ...content, parts: parts.with(first, { ...call, thoughtSignature: SKIP_SIGNATURE }) }
}
