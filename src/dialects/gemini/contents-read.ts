import type { Turn } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import { CallIds } from './ids.ts'
import { annotations, isObject, listAt, Malformed, type Members, objectAt } from './members.ts'
import { readParts } from './parts-read.ts'

const CONTENT = new Set(['role', 'parts'])

/** `systemInstruction` as a leading turn; none when it is absent or null. Throws Malformed. */
export function readSystem(system: Json | undefined): Turn[] {
  if (system === undefined || system === null) return []
  const at = 'systemInstruction'
  const value = objectAt(system, at)
  // Its role means nothing; clients send any.
  const form = { ...formOf(value), ...(value.role !== undefined && { $wire: { role: value.role } }) }
  const blocks = readParts(listAt(value.parts, `${at}.parts`), `${at}.parts`, new CallIds('call'))
  return [{ role: 'system', blocks, ...annotations(value, at, CONTENT, form) }]
}

/** `contents` as turns. Throws Malformed. */
export function readContents(contents: Json | undefined): Turn[] {
  if (contents === undefined || contents === null) throw new Malformed('contents', 'an array')
  const ids = new CallIds('call')
  return listAt(contents, 'contents').map((content, index) => readContent(content, `contents.${index}`, ids))
}

function readContent(json: Json, at: string, ids: CallIds): Turn {
  const value = objectAt(json, at)
  const { role } = value
  if (role !== undefined && role !== 'user' && role !== 'model' && role !== 'function') {
    throw new Malformed(`${at}.role`, '"user" or "model"')
  }
  const form = { ...formOf(value), ...(role !== 'user' && role !== 'model' && { $role: role ?? 'none' }) }
  return {
    role: role === 'model' ? 'assistant' : role === 'function' ? 'tool' : 'user',
    blocks: readParts(listAt(value.parts, `${at}.parts`), `${at}.parts`, ids),
    ...annotations(value, at, CONTENT, form),
  }
}

/** Whether the parts were a list, one part, or not there. */
function formOf({ parts }: Members): Members {
  if (parts === undefined) return { $parts: 'none' }
  return isObject(parts) ? { $parts: 'single' } : {}
}
