import type { KeptAnswer } from '../../src/cache/answer.ts'

/** A kept answer with this body. */
export function answer(body: Buffer | string): KeptAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(body),
    requestKey: 'request',
  }
}
