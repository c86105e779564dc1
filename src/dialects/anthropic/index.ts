import type { Dialect } from '../dialect.ts'
import { readError, writeError, writeErrorFrames } from './errors.ts'
import { DIALECT } from './members.ts'
import { readRequest } from './request-read.ts'
import { writeRequest } from './request-write.ts'
import { readReport, readResponse, writeResponse } from './response.ts'
import { StreamReader } from './stream-read.ts'
import { StreamWriter } from './stream-write.ts'

/** Anthropic's Messages API, version 2023-06-01. */
export const anthropic: Dialect = {
  name: DIALECT,
  readRequest,
  writeRequest,
  readResponse,
  readReport,
  writeResponse,
  keepAlive: 'event: ping\ndata: {"type": "ping"}\n\n',
  eventReader: () => new StreamReader(),
  eventWriter: () => new StreamWriter(),
  readError,
  writeError,
  writeErrorFrames,
}
