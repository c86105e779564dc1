import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config.ts'

/** What is built once, at the start: listeners, the log, the stores and the plugins of the organisation. */
const FIXED = ['listen', 'ops', 'log', 'state', 'plugins'] as const

export interface Held {
  /** The new config, with the sections of the old one that only a restart can change. */
  readonly config: Config
  /** Which of them the new config wants to be other. */
  readonly restart: readonly string[]
}

/** What of `next` can be put in force in a process that was started with `started`. */
export function holdFixed(started: Config, next: Config): Held {
  const restart = FIXED.filter(section => !isDeepStrictEqual(started[section], next[section]))
  const held = Object.fromEntries(restart.map(section => [section, started[section]]))
  return { config: Object.freeze({ ...next, ...held }), restart }
}
