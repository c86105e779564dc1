import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config.ts'
import { isLoopback } from './loopback.ts'
import { ConfigError } from './problem.ts'

/** What is built once, at the start: listeners, the log, the stores and the plugins of the organisation. */
const FIXED = ['listen', 'ops', 'log', 'state', 'plugins'] as const

export interface Held {
  /** The new config, with the sections of the old one that only a restart can change. */
  readonly config: Config
  /** Which of them the new config wants to be other. */
  readonly restart: readonly string[]
}

/**
 * What of `next` can be put in force in a process that was started with `started`. Throws a ConfigError where the two together
 * are not safe, though `next` alone is.
 */
export function holdFixed(started: Config, next: Config): Held {
  const restart = FIXED.filter(section => !isDeepStrictEqual(started[section], next[section]))
  const held = Object.fromEntries(restart.map(section => [section, started[section]]))
  const config = Object.freeze({ ...next, ...held })
  refuseUnsafe(config)
  return { config, restart }
}

function refuseUnsafe({ listen, ops, keys }: Config): void {
  const message = `must wait for the restart that the new ${keys.length === 0 ? 'listen' : 'ops'} needs: until then`
  if (keys.length === 0 && !isLoopback(listen.host.toLowerCase())) {
    throw new ConfigError([{ message: `keys: to have none ${message} others can reach the API listener` }])
  }
  const opsDigest = ops.key === undefined ? undefined : hash('sha256', ops.key)
  if (keys.some(({ digest }) => digest === opsDigest)) {
    throw new ConfigError([{ message: `keys: the key of a caller ${message} it opens the ops listener` }])
  }
}
