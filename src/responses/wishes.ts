import { InvalidRequest, MalformedJson } from '../errors.ts'
import { findMembers, type Member, watch } from '../relay/json-members.ts'

/** What a request for a response says of those before and after it. */
export interface StateWishes {
  /** The id of the response that it goes on from. */
  readonly previous: string | undefined
  /** The conversation at the vendor that it belongs to, as JSON text; the gateway gives nobody one. */
  readonly conversation: string | undefined
  /** It shall be kept, as all are that do not say otherwise. */
  readonly store: boolean
}

const WATCHED = watch('previous_response_id', 'conversation', 'store')
const ID = watch('id')

/** Reads them by the body's bytes, never parsed. Throws InvalidRequest and MalformedJson. */
export function stateWishes(body: Buffer): StateWishes {
  const members = findMembers(body, WATCHED)
  const previous = parsed(body, members.get('previous_response_id')) ?? undefined
  if (previous !== undefined && typeof previous !== 'string') {
    throw InvalidRequest({ param: 'previous_response_id' }, 'previous_response_id must be a string')
  }
  const conversation = parsed(body, members.get('conversation')) ?? undefined
  return { previous, conversation: JSON.stringify(conversation), store: parsed(body, members.get('store')) !== false }
}

/** The id of a response that is passed on unread; undefined where it has none. */
export function idOf(body: Buffer): string | undefined {
  try {
    const id = parsed(body, findMembers(body, ID).get('id'))
    return typeof id === 'string' ? id : undefined
  } catch {
    // That it is no JSON is for its readers to say.
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
