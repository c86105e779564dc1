import { InvalidRequest } from '../errors.ts'
import type { Scan } from './scan.ts'

/** Where a part of a form stands in its body, and what its head says. */
interface Part {
  readonly name: string
  readonly file: boolean
  readonly start: number
  readonly end: number
}

/** More than any route takes. */
const MAX_PARTS = 200
/** Of one part, in bytes: a name and a type. */
const MAX_HEAD = 4096
/** As RFC 2046 5.1.1 allows it, in quotes or, where it holds nothing special, without. */
const BOUNDARY =
  /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([\w'()+,./:=? -]{0,69}[\w'()+,./:=?-])"|([\w'+.-]{1,70}))\s*(?:;|$)/i
const CRLF = '\r\n'
const HEAD_END = Buffer.from('\r\n\r\n')
const DISPOSITION = /^content-disposition:\s*form-data((?:\s*;\s*[a-z]+\*?=(?:"(?:[^"\\]|\\.)*"|[^\s;"]+))+)\s*$/i
const PARAMETER = /;\s*([a-z]+\*?)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/gi

/** The boundary of a form (RFC 7578) that a content type announces; undefined where it announces none. Throws InvalidRequest for one that is broken. */
export function boundaryOf(contentType: unknown): string | undefined {
  if (typeof contentType !== 'string' || !/^multipart\//i.test(contentType)) return undefined
  const [, quoted, plain] = BOUNDARY.exec(contentType) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) throw InvalidRequest({}, 'the content type must be multipart/form-data with a boundary')
  return boundary
}

/**
 * Reads `model` and `stream` of a form without copying or decoding its files. As strict as the reader of JSON: what is found
 * here must be what the vendor finds, so a field that is given twice, or a head that can be read in two ways, is refused.
 * Throws InvalidRequest.
 */
export function scanForm(body: Buffer, boundary: string): Scan {
  const parts = partsOf(body, boundary)
  const model = only(parts, 'model')
  if (model === undefined) throw InvalidRequest({ param: 'model' }, 'you must provide a model parameter')
  const name = text(body, model)
  if (name === '') throw InvalidRequest({ param: 'model' }, 'model must not be empty')
  const stream = only(parts, 'stream')
  const words = parts.filter(({ file }) => !file).reduce((sum, { start, end }) => sum + end - start, 0)
  return {
    model: name,
    modelMember: { nameStart: model.start, start: model.start, end: model.end },
    stream: stream !== undefined && /^(?:true|1)$/i.test(text(body, stream)),
    streamOptions: undefined,
    maxTokens: 0,
    form: { contentType: `multipart/form-data; boundary="${boundary}"`, words },
  }
}

function only(parts: readonly Part[], name: string): Part | undefined {
  const [part, ...others] = parts.filter(one => one.name === name)
  if (others.length > 0) throw InvalidRequest({ param: name }, `${name} is given more than once`)
  if (part?.file) throw InvalidRequest({ param: name }, `${name} must be a field, not a file`)
  return part
}

function text(body: Buffer, { start, end }: Part): string {
  return body.toString('utf8', start, end)
}

function partsOf(body: Buffer, boundary: string): Part[] {
  const opening = Buffer.from(`--${boundary}`)
  // Looked for behind any line feed: some readers take one for the end of a line, others want CRLF.
  const delimiter = Buffer.from(`\n--${boundary}`)
  if (body.indexOf(opening) !== 0) throw broken('it must begin with its boundary')
  const parts: Part[] = []
  let at = opening.length
  while (body.toString('latin1', at, at + 2) !== '--') {
    if (body.toString('latin1', at, at + 2) !== CRLF) throw broken('a boundary must end its line')
    if (parts.length === MAX_PARTS) throw broken(`it has more than ${MAX_PARTS} parts`)
    const headEnd = body.indexOf(HEAD_END, at)
    const start = headEnd + HEAD_END.length
    const next = headEnd < 0 || headEnd - at > MAX_HEAD ? -1 : body.indexOf(delimiter, start - 1)
    if (next < 0) throw broken('a part of it is not complete')
    const end = next - 1
    if (end < start || body.toString('latin1', end, next + 1) !== CRLF) throw broken('a boundary must begin its line')
    parts.push({ ...readHead(body.toString('utf8', at + CRLF.length, headEnd)), start, end })
    at = next + delimiter.length
  }
  return parts
}

function readHead(head: string): Pick<Part, 'name' | 'file'> {
  const lines = head.split(CRLF)
  const dispositions = lines.filter(line => /^content-disposition/i.test(line))
  const parameters = DISPOSITION.exec(dispositions[0] ?? '')?.[1]
  if (dispositions.length !== 1 || parameters === undefined) throw broken('a part of it has no readable name')
  // A head that goes on in the next line or ends one in its own way, or a body in a code, would be read by some and not by others.
  if (lines.some(line => /^\s|[\r\n]|^content-transfer-encoding/i.test(line)))
    throw broken('a part of it has an odd head')
  const given = [...parameters.matchAll(PARAMETER)].map(
    ([, name = '', quoted, plain = '']) => [name.toLowerCase(), quoted ?? plain] as const,
  )
  const names = given.filter(([name]) => name === 'name')
  if (names.length !== 1 || given.some(([name]) => name === 'name*')) throw broken('a part of it has no readable name')
  const name = names[0]?.[1] ?? ''
  if (name.includes('\\')) throw broken('a name in it holds an escape')
  return { name, file: given.some(([parameter]) => parameter.startsWith('filename')) }
}

function broken(why: string): Error {
  return InvalidRequest({}, `The form cannot be read: ${why}.`)
}
