import type { Config } from '../config/config.ts'

/** A variable that tells a process that it is a worker of ours: it may be one of another program's, which has a cluster itself. */
export const WORKER_MARK = 'SLUICE_WORKER'

/** The first order: what to build. */
export interface Start {
  readonly type: 'start'
  readonly config: Config
  /** The part of each limit that this worker may use by itself: above 0, at most 1. */
  readonly share: number
  /** What the primary shows to the worker's own ops listener. */
  readonly opsKey: string
}

/** What the primary tells a worker; each but `stop` is answered by one message, in order. */
export type Order =
  | Start
  | { readonly type: 'listen' }
  /** Put this config in force for the calls to come. */
  | { readonly type: 'apply'; readonly id: number; readonly config: Config }
  /** Give a sign of life. */
  | { readonly type: 'ping' }
  /** Finish what is under way, then end. */
  | { readonly type: 'stop' }

/** Where a worker can be reached, and what it can be asked for. */
export interface Listening {
  /** The clients' address, the same of all workers. */
  readonly apiUrl: string
  /** The worker's own ops listener, on loopback. */
  readonly opsUrl: string
  readonly models: readonly string[]
}

/** What a worker tells its primary. */
export type Report =
  | { readonly type: 'built' }
  | ({ readonly type: 'listening' } & Listening)
  /** Of the order with this id; `refused` says why the config could not be put in force, where it could not. */
  | { readonly type: 'applied'; readonly id: number; readonly refused?: string }
  | { readonly type: 'pong' }
  /** It cannot serve; `code` and `port` as of the error of a listener. */
  | { readonly type: 'failed'; readonly message: string; readonly code?: string; readonly port?: number }
