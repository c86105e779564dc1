import type { Annotated, CacheMark } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import { isObject, type Members } from './members.ts'

/**
 * The things of a list with the cache points between them as marks on what stands before them. `readThing` reads all
 * else, also a point that marks nothing or says more than a mark can.
 */
export function readMarked<Thing extends Annotated>(
  list: readonly Json[],
  readThing: (json: Json, index: number) => Thing,
): Thing[] {
  const things: Thing[] = []
  list.forEach((json, index) => {
    const mark = markOf(json)
    const before = things.at(-1)
    if (mark !== undefined && before !== undefined && before.cache === undefined) {
      things[things.length - 1] = { ...before, cache: mark }
    } else {
      things.push(readThing(json, index))
    }
  })
  return things
}

function markOf(json: Json): CacheMark | undefined {
  if (!isObject(json) || Object.keys(json).length !== 1 || !isObject(json.cachePoint)) return undefined
  const { type, ttl, ...rest } = json.cachePoint
  if (type !== 'default' || Object.keys(rest).length > 0) return undefined
  if (ttl === undefined) return {}
  return typeof ttl === 'string' ? { ttl } : undefined
}

/** The point that stands behind a marked thing; none behind another. */
export function cachePoints({ cache }: Annotated): Members[] {
  return cache === undefined ? [] : [{ cachePoint: { type: 'default', ...cache } }]
}
