import { InvalidRequest } from '../errors.ts'

/** Query parameters of OpenAI's `GET /responses/{id}` and its `input_items`; lists are written `include[]=`. */
const PASSED_ON = /^(?:include(?:\[\d*\])?|include_obfuscation|starting_after|limit|order|after|before)$/

/**
 * The query parameters that are passed on to the vendor, without `?`; a client's `key` is not. `url` is a path with a query.
 * Throws InvalidRequest if a stream is asked for: a stored response is read whole.
 */
export function queryFor(url: string): string {
  const given = new URLSearchParams(url.split('?', 2)[1] ?? '')
  if (given.get('stream') === 'true') {
    throw InvalidRequest({ param: 'stream' }, 'a response that was given is read whole, not as a stream')
  }
  return new URLSearchParams([...given].filter(([name]) => PASSED_ON.test(name))).toString()
}
