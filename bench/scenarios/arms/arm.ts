import type { ClientSettings } from '../client.ts'
import type { Script } from '../script.ts'

/** What an arm is started with. */
export interface Setting {
  readonly script: Script
  /** Addresses of the vendors: the first is `gpt`, the second `claude`. */
  readonly vendors: readonly [string, ...string[]]
  /** A folder for files that are gone afterwards. */
  readonly temporary: string
  /** Where what is started is put, so that it is stopped. */
  readonly programs: AsyncDisposableStack
}

/** An arm that runs. */
export interface Started {
  /** How its clients call. */
  readonly client: ClientSettings
  /** The processes that stand between clients and vendors. */
  readonly pids: readonly number[]
}

/** A way from clients to vendors. */
export interface Arm {
  readonly name: string
  /** Why it cannot run on this machine; undefined when it can. */
  absent(): string | undefined
  start(setting: Setting): Promise<Started>
}
