import type { Annotated, Block, Source, ToolCallBlock, ToolResultBlock } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import type { CallIds } from './ids.ts'
import {
  annotations,
  DIALECT,
  isObject,
  leftover,
  listAt,
  type Members,
  objectAt,
  optionalObject,
  optionalString,
  stringAt,
} from './members.ts'

const TEXT = new Set(['text', 'thought'])
const THOUGHT = new Set(['text', 'thought', 'thoughtSignature'])
const BLOB = new Set(['mimeType', 'data'])
const FILE = new Set(['mimeType', 'fileUri'])
const CALL = new Set(['name', 'args', 'id'])
const RESULT = new Set(['name', 'response', 'id', 'parts'])
const DATA = new Set(['inlineData', 'fileData', 'functionCall', 'functionResponse', 'thought'])

/**
 * One part of a message. Parts that the hub has no word for (code and its results, calls of Google's own tools) become
 * opaque. Throws Malformed when a known part lacks what it needs.
 */
export function readPart(json: Json, at: string, ids: CallIds): Block {
  const value = objectAt(json, at)
  if (isObject(value.functionCall)) return readCall(value, value.functionCall, at, ids)
  if (isObject(value.functionResponse)) return readResult(value, value.functionResponse, at, ids)
  if (isObject(value.inlineData)) return readBlob(value, value.inlineData, at)
  if (isObject(value.fileData)) return readFile(value, value.fileData, at)
  if (typeof value.text === 'string') return readText(value, value.text, at)
  return { type: 'opaque', dialect: DIALECT, value, at }
}

/** The parts of a message; throws Malformed. */
export function readParts(list: readonly Json[], at: string, ids: CallIds): Block[] {
  return list.map((part, index) => readPart(part, `${at}.${index}`, ids))
}

function readText(value: Members, text: string, at: string): Block {
  if (value.thought !== true) return { type: 'text', text, ...annotations(value, at, TEXT, wire(value)) }
  const signature = optionalString(value.thoughtSignature, `${at}.thoughtSignature`)
  return {
    type: 'reasoning',
    text,
    ...(signature !== undefined && { signature }),
    ...annotations(value, at, THOUGHT),
  }
}

/** `thought: false` says what every part says that is not one. */
function wire({ thought }: Members): Members {
  return thought === false ? { $wire: { thought } } : {}
}

/** What a part says beside the object that it holds, and what that object says beside what was read of it. */
function around(value: Members, at: string, name: string, inner: Members, read: ReadonlySet<string>): Annotated {
  return annotations(value, at, DATA, {
    ...leftover(inner, read, `${name}.`),
    ...wire(value),
    // A picture in the thoughts of a model.
    ...(value.thought === true && { thought: true }),
  })
}

function readCall(value: Members, inner: Members, at: string, ids: CallIds): ToolCallBlock {
  const name = stringAt(inner.name, `${at}.functionCall.name`)
  const id = optionalString(inner.id, `${at}.functionCall.id`)
  const { args } = inner
  const known = around(value, at, 'functionCall', inner, CALL)
  const form = { ...idForm(id), ...(args === undefined && { $args: 'none' }) }
  return {
    type: 'tool-call',
    id: ids.call(name, id),
    name,
    arguments: JSON.stringify(optionalObject(args, `${at}.functionCall.args`) ?? {}),
    ...noted(known, form),
  }
}

/** An id that is missing or empty is made up for the hub. */
function idForm(id: string | undefined): Members {
  return id ? {} : { $id: id ?? 'none' }
}

function readResult(value: Members, inner: Members, at: string, ids: CallIds): ToolResultBlock {
  const name = stringAt(inner.name, `${at}.functionResponse.name`)
  const id = optionalString(inner.id, `${at}.functionResponse.id`)
  const { key, text, json } = readOutput(objectAt(inner.response, `${at}.functionResponse.response`))
  const known = around(value, at, 'functionResponse', inner, RESULT)
  const media = listAt(inner.parts, `${at}.functionResponse.parts`)
  const form = { $name: name, $key: key, $json: json, ...idForm(id) }
  return {
    type: 'tool-result',
    id: ids.result(name, id),
    content: [
      { type: 'text', text, at: `${at}.functionResponse.response` },
      ...readParts(media, `${at}.functionResponse.parts`, ids),
    ],
    ...(media.length === 0 && { plain: true }),
    ...(key === 'error' && { error: true }),
    ...noted(known, form),
  }
}

/**
 * What a function has returned. Google says: "Use 'output' key to specify function output and 'error' key to specify error
 * details (if any)", and that without them the whole object is the output.
 */
function readOutput(response: Members): { key: string; text: string; json: boolean } {
  const [key, ...others] = Object.keys(response)
  const single = others.length === 0 && (key === 'output' || key === 'error') ? key : ''
  const output = single === '' ? response : (response[single] as Json)
  if (typeof output === 'string') return { key: single, text: output, json: false }
  return { key: single, text: JSON.stringify(output), json: true }
}

function noted(known: Annotated, form: Members): Annotated {
  return { ...known, extra: { ...known.extra, [DIALECT]: { ...known.extra?.[DIALECT], ...form } } }
}

function readBlob(value: Members, inner: Members, at: string): Block {
  const mediaType = stringAt(inner.mimeType, `${at}.inlineData.mimeType`)
  const data = stringAt(inner.data, `${at}.inlineData.data`)
  // Google's parser takes both alphabets of base64, other vendors only the usual one.
  const usual = data.replaceAll('-', '+').replaceAll('_', '/')
  const known = around(value, at, 'inlineData', inner, BLOB)
  const source = { kind: 'base64', mediaType, data: usual } as const
  return mediaBlock(mediaType, source, usual === data ? known : noted(known, { $data: data }))
}

function readFile(value: Members, inner: Members, at: string): Block {
  const source = { kind: 'url', url: stringAt(inner.fileUri, `${at}.fileData.fileUri`) } as const
  const mediaType = optionalString(inner.mimeType, `${at}.fileData.mimeType`)
  const known = around(value, at, 'fileData', inner, FILE)
  return mediaBlock(mediaType ?? '', source, mediaType === undefined ? known : noted(known, { $mimeType: mediaType }))
}

function mediaBlock(mediaType: string, source: Source, known: Annotated): Block {
  if (mediaType.startsWith('image/')) return { type: 'image', source, ...known }
  if (mediaType.startsWith('audio/')) return { type: 'audio', source, ...known }
  return { type: 'file', source, ...known }
}
