import type { Dialect } from '../dialect.ts'
import { readError, writeError, writeErrorFrames } from './errors.ts'
import { DIALECT } from './members.ts'
import { readRequest } from './request-read.ts'
import { writeRequest } from './request-write.ts'
import { readReport, readResponse, writeResponse } from './response.ts'
import { ChatEventReader } from './stream-read.ts'
import { ChatEventWriter } from './stream-write.ts'

/** OpenAI's Chat Completions, as spoken by OpenAI and by the many vendors that are compatible with it. */
export const openaiChat: Dialect = {
  name: DIALECT,
  readRequest,
  writeRequest,
  readResponse,
  readReport,
  writeResponse,
  usageOnRequest: true,
  // A comment: the SDKs know no event that says nothing.
  keepAlive: ': ping\n\n',
  eventReader: () => new ChatEventReader(),
  eventWriter: call => new ChatEventWriter(call),
  readError,
  writeError,
  writeErrorFrames,
}
