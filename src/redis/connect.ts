import type { Redis } from 'ioredis'
import { protocolError } from './replies.ts'

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
  const [{ Redis }, { default: dataHandler }] = await Promise.all([
    import('ioredis'),
    import('ioredis/built/DataHandler.js'),
  ])
  Object.assign(dataHandler.default.prototype, STRICT)
  return new Redis(url, { ...CLIENT_OPTIONS, keyPrefix })
}

/** The part of ioredis' reader of replies that is replaced. */
interface DataHandler {
  readonly redis: {
    readonly commandQueue: { shift(): object | undefined }
    recoverFromFatalError(commandError: Error, error: Error, options: { offlineQueue: boolean }): void
  }
}

/**
 * A reply without a command ends the connection, as later replies would be matched to the wrong commands. ioredis 5 goes on instead,
 * and throws uncaught what its own code cannot read, such as a nil.
 */
const STRICT = {
  shiftCommand(this: DataHandler): object {
    const command = this.redis.commandQueue.shift()
    if (command === undefined) throw protocolError()
    return command
  },
  dispatch(this: DataHandler, take: () => void): void {
    try {
      take()
    } catch {
      const error = protocolError()
      this.redis.recoverFromFatalError(error, error, { offlineQueue: false })
    }
  },
}
