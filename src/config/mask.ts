import type { Json } from '../call/json.ts'
import type { Config } from './config.ts'
import { listMembers } from './members.ts'
import { matches } from './tree.ts'

const MASK = '***'

/** What became of members that are secret: `apiKey` joins `apiKeys`, and of a caller's key the digest is kept. */
const DERIVED: readonly (readonly string[])[] = [
  ['providers', '*', 'apiKeys', '*'],
  ['keys', '*', 'digest'],
]

/** The config as it can be shown to an operator: no secret, nor what can be told from one; durations in ms, sizes in bytes. */
export function maskSecrets(config: Config): Json {
  const secrets = listMembers().filter(({ schema }) => schema.writeOnly)
  return mask(config, [], [...secrets.map(({ pattern }) => pattern), ...DERIVED])
}

function mask(value: unknown, path: readonly string[], secrets: readonly (readonly string[])[]): Json {
  if (secrets.some(pattern => matches(path, pattern))) return MASK
  if (Array.isArray(value)) return value.map((item, index) => mask(item, [...path, String(index)], secrets))
  if (typeof value !== 'object' || value === null) return value as Json
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([key, member]) => [key, mask(member, [...path, key], secrets)]))
}
