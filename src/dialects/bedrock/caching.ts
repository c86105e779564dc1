import type { Annotated, Block } from '../../call/block.ts'
import type { Call } from '../../call/call.ts'
import type { Loss } from '../../call/loss.ts'
import { DIALECT } from './members.ts'
import { isClaude, namesMaker } from './model-fields.ts'

/** The first Claude models, which cache nothing. */
const UNCACHED = /claude-(?:v2|instant|3-(?:opus|sonnet|haiku))/
const NOVA = /\bamazon\.nova/

/** True where the model takes cache points everywhere, or may: the name of an application's own profile does not tell. */
function cachesAll(model: string): boolean {
  return isClaude(model) ? !UNCACHED.test(model) : !namesMaker(model)
}

/**
 * The call without the cache marks that its model refuses, each a loss. Claude takes all; Nova answers 400 to one on a tool, and
 * models without prompt caching answer 403 to any (docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html).
 */
export function withoutRefusedMarks(call: Call, losses: Loss[]): Call {
  if (call.dialect === DIALECT || cachesAll(call.model)) return call
  const unmarked = <Thing extends Annotated>(thing: Thing): Thing => {
    const { cache, ...rest } = thing
    if (cache === undefined) return thing
    const path = thing.at === undefined ? 'cache_control' : `${thing.at}.cache_control`
    losses.push({ path, why: 'this model takes no cache marks here' })
    return rest as Thing
  }
  const blockUnmarked = (block: Block): Block =>
    unmarked(block.type === 'tool-result' ? { ...block, content: block.content.map(unmarked) } : block)
  const turns = NOVA.test(call.model)
    ? call.turns
    : call.turns.map(turn => unmarked({ ...turn, blocks: turn.blocks.map(blockUnmarked) }))
  return { ...call, turns, ...(call.tools !== undefined && { tools: call.tools.map(unmarked) }) }
}
