import type { Redis } from 'ioredis'

/** No command waits for a connection, and none is sent twice: one that was sent may have counted. */
const CLIENT_OPTIONS = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 500,
  // A connection on which nothing comes back is given up, or a cut network would be noticed only when TCP tires of it.
  socketTimeout: 2000,
  disconnectTimeout: 200,
  retryStrategy: (attempt: number) => Math.min(attempt * 100, 1000),
}

/** A client of the Redis at `url` (`redis://` or `rediss://`), all of whose keys begin with `keyPrefix`. Does not wait for it. */
export async function connectRedis(url: string, keyPrefix: string): Promise<Redis> {
  // Loaded only here: without Redis the gateway starts sooner.
  const { Redis } = await import('ioredis')
  return new Redis(url, { ...CLIENT_OPTIONS, keyPrefix })
}
