import type { Dialect } from '../dialect.ts'
import { readError, writeError, writeErrorFrames } from './errors.ts'
import { EVENT_STREAM } from './event-stream.ts'
import { DIALECT } from './members.ts'
import { readPath } from './path.ts'
import { readRequest } from './request-read.ts'
import { writeRequest } from './request-write.ts'
import { readReport, readResponse, writeResponse } from './response.ts'
import { StreamReader } from './stream-read.ts'
import { StreamWriter } from './stream-write.ts'

/** Amazon Bedrock's Converse and ConverseStream. */
export const bedrock: Dialect = {
  name: DIALECT,
  readPath,
  readRequest,
  writeRequest,
  readResponse,
  readReport,
  writeResponse,
  framing: EVENT_STREAM,
  get keepAlive() {
    return EVENT_STREAM.waiting
  },
  eventReader: () => new StreamReader(),
  eventWriter: () => new StreamWriter(),
  readError,
  writeError,
  writeErrorFrames,
}
