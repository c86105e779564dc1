import { findMembers, type Member, watch } from './json-members.ts'
import type { Scan } from './scan.ts'

/** A replacement for the bytes `[start, end)`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly bytes: string
}

const INCLUDE = watch('include_usage')
const USAGE = watch('usage', 'choices')

/**
 * The edit that makes an OpenAI-style stream report its usage (`stream_options.include_usage`), or undefined when the
 * client requests it already. What the vendor adds is removed by `cutUsage`.
 */
export function askForUsage(body: Buffer, scan: Scan): Edit | undefined {
  const { streamOptions: options, modelMember } = scan
  if (options === undefined) {
    // Dialects that name the model in the path report usage without a request.
    if (modelMember === undefined) return undefined
    const { nameStart } = modelMember
    return { start: nameStart, end: nameStart, bytes: '"stream_options":{"include_usage":true},' }
  }
  if (body[options.start] !== 0x7b) return { start: options.start, end: options.end, bytes: '{"include_usage":true}' }
  return askInside(body.subarray(options.start, options.end), options.start)
}

function askInside(options: Buffer, offset: number): Edit | undefined {
  const requested = findMembers(options, INCLUDE).get('include_usage')
  if (requested !== undefined) {
    if (options.toString('latin1', requested.start, requested.end) === 'true') return undefined
    return { start: offset + requested.start, end: offset + requested.end, bytes: 'true' }
  }
  const empty = options.subarray(1, -1).toString('latin1').trim() === ''
  return { start: offset + 1, end: offset + 1, bytes: `"include_usage":true${empty ? '' : ','}` }
}

/** Applies edits that do not overlap, in one copy. */
export function applyEdits(body: Buffer, edits: readonly Edit[]): Buffer {
  const sorted = edits.length < 2 ? edits : edits.toSorted((left, right) => left.start - right.start)
  let length = body.length
  for (const { start, end, bytes } of sorted) length += Buffer.byteLength(bytes) - (end - start)
  const edited = Buffer.allocUnsafe(length)
  let from = 0
  let to = 0
  for (const { start, end, bytes } of sorted) {
    to += body.copy(edited, to, from, start)
    to += edited.write(bytes, to)
    from = end
  }
  body.copy(edited, to, from)
  return edited
}

/**
 * Takes out of one event of an OpenAI-style stream what is there only because we requested usage: the `usage` member, or
 * the whole event (undefined) when it carries nothing else. All other bytes stay as they are.
 */
export function cutUsage(event: Buffer): Buffer | undefined {
  if (!event.includes('"usage"')) return event
  const open = event.indexOf(0x7b)
  const close = event.lastIndexOf(0x7d)
  const json = event.subarray(open, close + 1)
  const members = membersOf(json)
  const usage = members?.get('usage')
  if (members === undefined || usage === undefined) return event
  const value = (member: Member | undefined) => member && json.toString('latin1', member.start, member.end)
  // Azure's first event has no choices, but the prompt's filter results, and `usage` null.
  const isReport = /^\[\s*\]$/.test(value(members.get('choices')) ?? '') && value(usage) !== 'null'
  return isReport ? undefined : without(event, open + usage.nameStart, open + usage.end)
}

function membersOf(json: Buffer) {
  try {
    return findMembers(json, USAGE)
  } catch {
    return undefined
  }
}

/** Removes `[start, end)` with the comma that joined it to its neighbour. */
function without(event: Buffer, start: number, end: number): Buffer {
  let from = start
  let to = end
  while (isSpace(event[from - 1])) from -= 1
  if (event[from - 1] === 0x2c) {
    from -= 1
  } else {
    while (isSpace(event[to])) to += 1
    if (event[to] === 0x2c) to += 1
  }
  return Buffer.concat([event.subarray(0, from), event.subarray(to)])
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09
}
