import { InvalidRequest } from '../errors.ts'

/** What OpenAI takes in the query of `GET /responses/{id}` and of its `input_items`; lists are written `include[]=`. */
const TAKEN = /^(?:include(?:\[\d*\])?|include_obfuscation|starting_after|limit|order|after|before)$/

/**
 * The part of a request's query that is the vendor's, without `?`: a client's `key` must not reach it. `url` is a path with a
 * query. Throws InvalidRequest for a stream, which what was given once is not again.
 */
export function queryFor(url: string): string {
  const given = new URLSearchParams(url.split('?', 2)[1] ?? '')
  if (given.get('stream') === 'true') {
    throw InvalidRequest({ param: 'stream' }, 'a response that was given is read whole, not as a stream')
  }
  return new URLSearchParams([...given].filter(([name]) => TAKEN.test(name))).toString()
}
