import type { Operation } from '../call/call.ts'
import type { Endpoint, Provider } from './provider.ts'

/** What to ask a vendor for that does not have an operation. */
const SUBSTITUTES: Partial<Record<Operation, Operation>> = { completions: 'chat', responses: 'chat' }

/** The endpoint of a vendor for an operation; undefined where it has none. */
export function endpointFor({ endpoints }: Pick<Provider, 'endpoints'>, operation: Operation): Endpoint | undefined {
  const substitute = SUBSTITUTES[operation]
  return endpoints[operation] ?? (substitute && endpoints[substitute])
}
