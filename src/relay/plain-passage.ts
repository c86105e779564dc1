import type { JsonObject } from '../call/json.ts'
import type { Codec } from '../dialects/codec.ts'
import { dialectNamed } from '../dialects/index.ts'
import type { Endpoint } from '../providers/provider.ts'
import type { Steps } from '../steps.ts'
import type { Envelope } from './envelope.ts'
import { parseBody } from './parse-body.ts'
import { type Passage, type PassageOptions, type PlainPassage, refuseLosses, spliceModel } from './passage.ts'
import { applyEdits } from './usage-request.ts'
import { parseAnswer } from './whole.ts'

const AS_IT_CAME: PlainPassage = { rewrite: answer => answer }

/**
 * Prepares the body of a plain operation: the client's own bytes with only `model` replaced, or translated by the vendor's codec.
 * Throws InvalidRequest when the codec cannot express the call, and Lossy when it is strict and would lose something.
 */
export function* plainPassage(
  endpoint: Endpoint,
  envelope: Envelope,
  model: string,
  { strict = false }: Pick<PassageOptions, 'strict'> = {},
): Steps<Passage> {
  const codec = endpoint.codec?.(model)
  const common = { dialect: dialectNamed(endpoint.dialect), headers: {}, cutUsage: false }
  if (codec !== undefined) {
    const request = { ...parseBody(envelope.body), model }
    yield
    const passage = coded(codec, request)
    if (strict) refuseLosses(passage)
    return { ...common, ...passage }
  }
  const { body, scan } = envelope
  return {
    ...common,
    lane: 'pass',
    body: model === scan.model ? body : applyEdits(body, spliceModel(scan, model)),
    losses: [],
    plain: AS_IT_CAME,
  }
}

function coded(codec: Codec, request: JsonObject): Pick<Passage, 'lane' | 'body' | 'losses' | 'plain'> {
  const { body, losses } = codec.writeRequest(request)
  return {
    lane: 'translate',
    body: Buffer.from(JSON.stringify(body)),
    losses,
    plain: {
      rewrite: (answer, headers) =>
        Buffer.from(JSON.stringify(codec.readResponse(parseAnswer(answer) as JsonObject, headers, request))),
    },
  }
}
