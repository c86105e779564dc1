import type { Operation } from '../call/call.ts'
import type { Endpoint, Provider } from './provider.ts'

/** What may be asked in the place of an operation that a vendor does not have. */
const STAND_INS: Partial<Record<Operation, Operation>> = { completions: 'chat', responses: 'chat' }

/** The door of a vendor for an operation; undefined where it has none. */
export function endpointFor({ endpoints }: Pick<Provider, 'endpoints'>, operation: Operation): Endpoint | undefined {
  const standIn = STAND_INS[operation]
  return endpoints[operation] ?? (standIn && endpoints[standIn])
}
