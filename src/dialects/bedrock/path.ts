import type { PathWords } from '../dialect.ts'

const STREAMS: Readonly<Record<string, boolean>> = { converse: false, 'converse-stream': true }

/**
 * What stands behind `/model/`, decoded: `anthropic.claude-3-haiku/converse-stream`. The model may hold slashes of its own, as
 * the names of inference profiles do. Undefined for a call that is not known.
 */
export function readPath(path: string): PathWords | undefined {
  const slash = path.lastIndexOf('/')
  const call = path.slice(slash + 1)
  if (slash < 1 || !Object.hasOwn(STREAMS, call)) return undefined
  return { model: path.slice(0, slash), operation: 'chat', stream: STREAMS[call] as boolean }
}
