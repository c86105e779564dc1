import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import type { Json } from '../../src/call/json.ts'

/** The type byte of a header whose value is text. */
const TEXT = 7
/** Lengths of the message and its headers, and their checksum; the checksum of the message ends it. */
const PRELUDE = 12
const CHECKSUM = 4

/**
 * The messages of AWS's binary event stream (smithy.io/2.0/aws/amazon-eventstream.html), each as `{ [its type]: payload }`, read
 * without the library that the gateway uses. A wrong checksum fails.
 */
export function eventStreamOf(bytes: Buffer): Json[] {
  const messages: Json[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const message = bytes.subarray(at, at + length)
    assert.equal(message.length, length, 'the message is whole')
    assert.equal(message.readUInt32BE(8), crc32(message.subarray(0, 8)), 'checksum of the prelude')
    assert.equal(message.readUInt32BE(length - CHECKSUM), crc32(message.subarray(0, -CHECKSUM)), 'checksum')
    const headersEnd = PRELUDE + message.readUInt32BE(4)
    const headers = headersOf(message.subarray(PRELUDE, headersEnd))
    const payload = JSON.parse(message.toString('utf8', headersEnd, length - CHECKSUM)) as Json
    messages.push({ [headers.get(':event-type') ?? headers.get(':exception-type') ?? '']: payload })
    at += length
  }
  return messages
}

function headersOf(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = at + 1 + (bytes[at] ?? 0)
    assert.equal(bytes[nameEnd], TEXT, 'headers are texts')
    const valueEnd = nameEnd + 3 + bytes.readUInt16BE(nameEnd + 1)
    headers.set(bytes.toString('utf8', at + 1, nameEnd), bytes.toString('utf8', nameEnd + 3, valueEnd))
    at = valueEnd
  }
  return headers
}
