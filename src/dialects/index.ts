import { anthropic } from './anthropic/index.ts'
import { bedrock } from './bedrock/index.ts'
import type { Dialect } from './dialect.ts'
import { gemini } from './gemini/index.ts'
import { openaiChat } from './openai-chat/index.ts'
import { openaiCompletions } from './openai-completions/index.ts'
import { openaiPlain } from './openai-plain/index.ts'
import { openaiResponses } from './openai-responses/index.ts'

/** Every wire format that the gateway speaks, by name. */
export const dialects: Readonly<Record<string, Dialect>> = {
  [openaiChat.name]: openaiChat,
  [openaiResponses.name]: openaiResponses,
  [anthropic.name]: anthropic,
  [gemini.name]: gemini,
  [bedrock.name]: bedrock,
  [openaiCompletions.name]: openaiCompletions,
  [openaiPlain.name]: openaiPlain,
}

/** The dialect of that name. Throws when there is none, since names come from code, not from users. */
export function dialectNamed(name: string): Dialect {
  const dialect = Object.hasOwn(dialects, name) ? dialects[name] : undefined
  if (dialect === undefined) throw new Error(`There is no dialect named ${name}.`)
  return dialect
}
