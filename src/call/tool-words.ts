import { hash } from 'node:crypto'
import type { Block } from './block.ts'
import type { Call, Tool, Turn } from './call.ts'
import type { Event } from './event.ts'
import type { Result } from './result.ts'

/** The ids of tool calls, or the names of tools, that an API accepts. */
export interface WordLimit {
  /** Matches a word that is accepted. */
  readonly fits: RegExp
  /** Most characters; all that a made-up word has where `opaque`. */
  readonly length: number
  /** A made-up word is letters and digits only, and shows nothing of the one that it stands for. */
  readonly opaque?: boolean
}

export interface ToolLimits {
  readonly id: WordLimit
  readonly name: WordLimit
}

/** Made-up names, each with the client's own, which is restored in the answer. */
export type MadeNames = ReadonlyMap<string, string>

/** Characters of a digest: 46 bits, beside a readable beginning. */
const DIGEST = 9

/**
 * The call with ids and names as `limits` takes them, the same on a call and its result. Words that fit stay; others become a
 * readable beginning and a digest of the whole word, or the digest alone, so that the same word gives the same one in every turn
 * (a vendor's prompt cache hits) and two words never become one. The same call where all fit.
 */
export function limitToolWords(call: Call, limits: ToolLimits): { readonly call: Call; readonly names: MadeNames } {
  const ids = makeWords(idsOf(call), limits.id)
  const names = makeWords(namesOf(call), limits.name)
  if (ids.size === 0 && names.size === 0) return { call, names }
  const rename = (name: string): string => names.get(name) ?? name
  const { tools, toolChoice } = call
  const limited: Call = {
    ...call,
    turns: call.turns.map(turn => limitTurn(turn, ids, rename)),
    ...(tools !== undefined && { tools: tools.map(tool => limitTool(tool, rename)) }),
    ...(toolChoice?.type === 'tool' && { toolChoice: { ...toolChoice, name: rename(toolChoice.name) } }),
  }
  return { call: limited, names: new Map([...names].map(([own, made]) => [made, own])) }
}

/** The answer with the client's own names. */
export function restoreNames(result: Result, names: MadeNames): Result {
  const outputs = result.outputs.map(output => ({
    ...output,
    blocks: output.blocks.map(block => restore(block, names)),
  }))
  return { ...result, outputs }
}

/** The event of a stream with the client's own name; names come whole, where a call begins. */
export function restoreName(event: Event, names: MadeNames): Event {
  return event.type === 'block-open' ? { ...event, content: restore(event.content, names) } : event
}

function restore(block: Block, names: MadeNames): Block {
  if (block.type !== 'tool-call') return block
  return { ...block, name: names.get(block.name) ?? block.name }
}

function limitTurn(turn: Turn, ids: ReadonlyMap<string, string>, rename: (name: string) => string): Turn {
  const blocks = turn.blocks.map((block): Block => {
    if (block.type === 'tool-call') {
      return { ...block, id: ids.get(block.id) ?? block.id, name: rename(block.name) }
    }
    return block.type === 'tool-result' ? { ...block, id: ids.get(block.id) ?? block.id } : block
  })
  return { ...turn, blocks }
}

/** A vendor's built-in tool is named by the vendor. */
function limitTool(tool: Tool, rename: (name: string) => string): Tool {
  return tool.opaque === undefined ? { ...tool, name: rename(tool.name) } : tool
}

function* idsOf(call: Call): Iterable<string> {
  for (const { blocks } of call.turns) {
    for (const block of blocks) if (block.type === 'tool-call' || block.type === 'tool-result') yield block.id
  }
}

function* namesOf(call: Call): Iterable<string> {
  for (const { name, opaque } of call.tools ?? []) if (opaque === undefined) yield name
  for (const { blocks } of call.turns) for (const block of blocks) if (block.type === 'tool-call') yield block.name
}

/** The words that do not fit, each with the one made for it. An empty word names nothing and stays. */
function makeWords(words: Iterable<string>, limit: WordLimit): ReadonlyMap<string, string> {
  const all = new Set(words)
  const made = new Map<string, string>()
  const taken = new Set([...all].filter(word => limit.fits.test(word)))
  for (const word of all) {
    if (word === '' || taken.has(word)) continue
    let round = 0
    while (taken.has(makeWord(word, round, limit))) round += 1
    const short = makeWord(word, round, limit)
    taken.add(short)
    made.set(word, short)
  }
  return made
}

function makeWord(word: string, round: number, { length, opaque }: WordLimit): string {
  const digest = BigInt(`0x${hash('sha256', `${round}:${word}`)}`)
    .toString(36)
    .slice(-DIGEST)
  if (opaque === true) return digest
  const readable = word.replace(/[^\w-]/g, '_')
  // Some vendors want a letter first.
  const beginning = /^[A-Za-z]/.test(readable) ? readable : `t${readable}`
  return `${beginning.slice(0, length - DIGEST - 1)}_${digest}`
}
