import type { ModelConfig } from '../../config/config.ts'
import type { Envelope } from '../../relay/envelope.ts'
import { findMembers, type Member, watch } from '../../relay/json-members.ts'
import { seedOf } from './rendezvous.ts'

/** What calls of one session have in common; `prefix` in bytes, `header` in lower case. */
export type Affinity = NonNullable<ModelConfig['affinity']>

/** The parts of a call that affinity looks at. */
type AffinityInput = Pick<Envelope, 'headers' | 'body'>

const USER = watch('user', 'metadata')
const USER_ID = watch('user_id')
/** The members that hold the prompt in any dialect, in the order in which a model reads them. */
const PROMPT = ['system', 'instructions', 'messages', 'input', 'prompt']
const PROMPT_MEMBERS = watch(...PROMPT)
const QUOTE = 0x22
const BRACE = 0x7b

/**
 * A 32-bit hash that calls of one caller with the same session, user or prompt prefix share; undefined where the call has none. Scans
 * the body without parsing it. Throws InvalidRequest where it has the member twice.
 */
export function affinityKey(affinity: Affinity, call: AffinityInput, caller = ''): number | undefined {
  const own = ownKey(affinity, call)
  return own === undefined ? undefined : seedOf(Buffer.concat([Buffer.from(`${caller}\0`), own]))
}

function ownKey({ by, header, prefix }: Affinity, { headers, body }: AffinityInput): Buffer | undefined {
  if (by === 'user') return user(body)
  if (by === 'prefix') return beginning(body, prefix)
  const value = headers[header]
  return value === undefined || value === '' ? undefined : Buffer.from(String(value))
}

/** OpenAI's `user`, or Anthropic's `metadata.user_id`. */
function user(body: Buffer): Buffer | undefined {
  const members = findMembers(body, USER)
  const own = word(bytes(body, members.get('user')))
  const metadata = bytes(body, members.get('metadata'))
  if (own !== undefined || metadata?.[0] !== BRACE) return own
  return word(bytes(metadata, findMembers(metadata, USER_ID).get('user_id')))
}

/**
 * The first bytes of the prompt. A shorter prompt has no key: it would change with the next turn, and vendors cache no prompts that
 * short.
 */
function beginning(body: Buffer, length: number): Buffer | undefined {
  const members = findMembers(body, PROMPT_MEMBERS)
  const parts = PROMPT.map(name => bytes(body, members.get(name))).filter(part => part !== undefined)
  const prompt = Buffer.concat(parts.map(part => part.subarray(0, length)))
  return prompt.length < length ? undefined : prompt.subarray(0, length)
}

function bytes(body: Buffer, member: Member | undefined): Buffer | undefined {
  return member === undefined ? undefined : body.subarray(member.start, member.end)
}

/** The bytes of a string that is not empty. */
function word(value: Buffer | undefined): Buffer | undefined {
  return value?.[0] === QUOTE && value.length > 2 ? value : undefined
}
