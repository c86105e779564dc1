import { chunk, completion, DONE, FINISH, ROLE } from '../journey/frames.ts'
import { type Handler, type SeenRequest, stream, whole } from '../upstream.ts'

/** How many vendors there are; each version is answered by the next. */
export const VENDORS = 2
export const CALLER_KEY = 'key-of-the-caller'
/** Names that take turns as well: what is counted for each name stays. */
const NAMES = 10
/** They make a snapshot large, so that one that is kept shows on the heap. */
const OTHER_MODELS = 20
const LIMIT = 1_000_000

/** A configuration of which all differs from one version to the next: address, key, connections, model and the caller's limit. */
export function configOf(version: number, urls: readonly string[]): object {
  const provider = {
    type: 'openai-compatible',
    baseUrl: `${urls[version % VENDORS]}/v1`,
    apiKey: `key-${version}`,
    connections: 100 + version,
  }
  const others = Array.from({ length: OTHER_MODELS }, (_, index) => [`other-${index}`, modelOf(`o-${index}`)])
  return {
    providers: { v: provider },
    models: { chat: modelOf(nameIn(version)), ...Object.fromEntries(others) },
    keys: [{ name: 'caller', key: CALLER_KEY, limits: { requestsPerMinute: LIMIT + version } }],
  }
}

function modelOf(model: string): object {
  return { targets: [{ provider: 'v', model }] }
}

function nameIn(version: number): string {
  return `m-${version % NAMES}`
}

/** The vendor of this number: repeats by which configuration it was asked. Its streams pause until `end` of their version. */
export function repeating(vendor: number, end: (version: number) => Promise<void>): Handler {
  return (request, response) => {
    const said = marksOf(vendor, request)
    if (!request.body.includes('"stream":true')) return whole(completion(said))(request, response)
    const version = Number(/key-(\d+)/.exec(said)?.[1])
    return stream([ROLE, chunk({ content: 'begun ' }), end(version), chunk({ content: said }), FINISH, DONE])(
      request,
      response,
    )
  }
}

function marksOf(vendor: number, { headers, body }: SeenRequest): string {
  const { model } = JSON.parse(body.toString()) as { model: string }
  return marks(vendor, headers.authorization, model)
}

function marks(vendor: number, authorization: string | undefined, model: string): string {
  return `vendor ${vendor} with ${authorization} and ${model}.`
}

/** The version whose limit an answer tells: the first that a request meets. NaN where it tells none. */
export function versionOf(headers: Headers): number {
  return Number(headers.get('x-ratelimit-limit-requests') ?? Number.NaN) - LIMIT
}

/** Whether all else that an answer says is of this version, too: the target, and what its vendor was sent. */
export function isOf(version: number, headers: Headers, text: string): boolean {
  const model = nameIn(version)
  return (
    headers.get('x-sluice-target') === `v/${model}` &&
    text.includes(marks(version % VENDORS, `Bearer key-${version}`, model))
  )
}
