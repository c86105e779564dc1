import type { Dialect } from '../dialect.ts'
import { readError, writeError, writeErrorFrames } from './errors.ts'
import { DIALECT } from './members.ts'
import { readPath } from './path.ts'
import { readRequest } from './request-read.ts'
import { writeRequest } from './request-write.ts'
import { readReport, readResponse, writeResponse } from './response.ts'
import { StreamReader } from './stream-read.ts'
import { StreamWriter } from './stream-write.ts'

/** Google's Gemini API, version v1beta, which Vertex AI speaks as well. */
export const gemini: Dialect = {
  name: DIALECT,
  readPath,
  readRequest,
  writeRequest,
  readResponse,
  readReport,
  writeResponse,
  keepAlive: ': keep-alive\n\n',
  eventReader: () => new StreamReader(),
  eventWriter: () => new StreamWriter(),
  readError,
  writeError,
  writeErrorFrames,
}
