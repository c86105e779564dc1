import type { ToolCallBlock } from '../call/block.ts'
import { isObject, type Json } from '../call/json.ts'
import { InvalidRequest } from '../errors.ts'
import { parseJson } from './parse-json.ts'
import { type ContentContext, lose } from './write-context.ts'

/**
 * The arguments of a call, for APIs that have them as an object. Other JSON throws InvalidRequest in a request; in an answer (cut
 * by a limit of tokens) it is a loss.
 */
export function argumentObject({ arguments: text, at }: ToolCallBlock, context: ContentContext): Json {
  const value = text === '' ? {} : parseJson(text)
  if (isObject(value)) return value
  if (context.into === 'request') {
    const param = at ?? context.at
    throw InvalidRequest({ param }, `${param}: the arguments of a tool call must be a JSON object`)
  }
  lose(context, at, 'the arguments are not a JSON object')
  return {}
}
