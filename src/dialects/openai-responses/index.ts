import type { Dialect } from '../dialect.ts'
import { readError, writeError, writeErrorFrames } from './errors.ts'
import { DIALECT } from './members.ts'
import { readRequest } from './request-read.ts'
import { writeRequest } from './request-write.ts'
import { readReport, readResponse, writeResponse } from './response.ts'
import { ResponsesEventReader } from './stream-read.ts'
import { ResponsesEventWriter } from './stream-write.ts'

/** OpenAI's Responses API. */
export const openaiResponses: Dialect = {
  name: DIALECT,
  readRequest,
  writeRequest,
  readResponse,
  readReport,
  writeResponse,
  // A comment: clients know no event that says nothing.
  keepAlive: ': ping\n\n',
  eventReader: () => new ResponsesEventReader(),
  eventWriter: () => new ResponsesEventWriter(),
  readError,
  writeError,
  writeErrorFrames,
}
