import { InvalidRequest } from '../../errors.ts'
import type { Dialect } from '../dialect.ts'
import { openaiChat } from '../openai-chat/index.ts'
import { PlainEventReader } from './stream-read.ts'
import { readReport } from './usage.ts'

/**
 * OpenAI's routes beside chat (embeddings, moderations, images, audio) and Cohere's rerank, for calls and answers that are
 * only passed on: of an answer the usage is read, and of an error all of it.
 */
export const openaiPlain: Dialect = {
  ...openaiChat,
  name: 'openai-plain',
  readRequest: untranslatable,
  writeRequest: untranslatable,
  readResponse: untranslatable,
  writeResponse: untranslatable,
  eventWriter: untranslatable,
  readReport,
  eventReader: () => new PlainEventReader(),
}

function untranslatable(): never {
  throw InvalidRequest({}, 'a call of this kind cannot be changed or translated, only passed on')
}
