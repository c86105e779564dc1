import { InvalidRequest, MalformedJson } from '../errors.ts'
import { findMembers, type Member, watch } from '../relay/json-members.ts'

/** The members of a request that concern stored state. */
export interface StateWishes {
  /** The id of the response that it continues. */
  readonly previous: string | undefined
  /** The vendor's conversation that it belongs to, as JSON text; the gateway creates none. */
  readonly conversation: string | undefined
  /** Whether to store the response; true unless the request says otherwise. */
  readonly store: boolean
}

const WATCHED = watch('previous_response_id', 'conversation', 'store')
const ID = watch('id')

/** Scans the body for these members without parsing it. Throws InvalidRequest and MalformedJson. */
export function stateWishes(body: Buffer): StateWishes {
  const members = findMembers(body, WATCHED)
  const previous = parsed(body, members.get('previous_response_id')) ?? undefined
  if (previous !== undefined && typeof previous !== 'string') {
    throw InvalidRequest({ param: 'previous_response_id' }, 'previous_response_id must be a string')
  }
  const conversation = parsed(body, members.get('conversation')) ?? undefined
  return { previous, conversation: JSON.stringify(conversation), store: parsed(body, members.get('store')) !== false }
}

/** The id of a response on the pass lane; undefined where it has none. */
export function idOf(body: Buffer): string | undefined {
  try {
    const id = parsed(body, findMembers(body, ID).get('id'))
    return typeof id === 'string' ? id : undefined
  } catch {
    // The body's readers report that it is not JSON.
    return undefined
  }
}

function parsed(body: Buffer, member: Member | undefined): unknown {
  try {
    return member && JSON.parse(body.toString('utf8', member.start, member.end))
  } catch {
    throw MalformedJson({}, 'a string in it is broken')
  }
}
