import type { Dialect } from '../dialect.ts'
import { openaiChat } from '../openai-chat/index.ts'
import { DIALECT } from './members.ts'
import { readRequest, writeRequest } from './request.ts'
import { readResponse, writeResponse } from './response.ts'
import { CompletionEventReader, CompletionEventWriter } from './stream.ts'

/**
 * OpenAI's text completions, the API before chat. A prompt is one turn of a user's, and the text of a choice is what a message
 * would say: everything else is as in Chat Completions, whose codec does the work.
 */
export const openaiCompletions: Dialect = {
  ...openaiChat,
  name: DIALECT,
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  eventReader: () => new CompletionEventReader(),
  eventWriter: call => new CompletionEventWriter(call),
}
