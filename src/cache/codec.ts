import { z } from 'zod'
import type { KeptAnswer } from './answer.ts'

const head = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  /** The key of the request; a renamed member would make stored answers unreadable. */
  asked: z.string(),
  staleFor: z.number(),
})

const LENGTH_BYTES = 4

/** Serialises an answer: the length of its head, the head as JSON, and the body. */
export function writeAnswer({ status, headers, requestKey, body }: KeptAnswer, staleFor: number): Buffer {
  const json = Buffer.from(JSON.stringify({ status, headers, asked: requestKey, staleFor }))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(json.length)
  return Buffer.concat([length, json, body])
}

/** Undefined for a value that another version, or another program, has written. */
export function readAnswer(value: Buffer): { answer: KeptAnswer; staleFor: number } | undefined {
  try {
    const end = LENGTH_BYTES + value.readUInt32BE(0)
    const { staleFor, asked: requestKey, ...rest } = head.parse(JSON.parse(value.toString('utf8', LENGTH_BYTES, end)))
    return { answer: { ...rest, requestKey, body: value.subarray(end) }, staleFor }
  } catch {
    return undefined
  }
}
