import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { atOnce, inTurns, type Steps } from '../steps.ts'
import type { Config } from './config.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type LoadOptions, readConfig, USUAL_FILE } from './load.ts'

/** Where the configuration comes from, to be read more than once. */
export class ConfigSource {
  readonly #options: LoadOptions
  readonly #directory: string
  #file: string | undefined
  #files: ReadonlyMap<string, string> = new Map()

  constructor(options: LoadOptions) {
    this.#options = options
    this.#directory = options.directory ?? process.cwd()
    this.#file = options.file ?? options.environment.SLUICE_CONFIG
  }

  /** All files that the last reading asked for, there or not, by absolute path, each with the fingerprint of what it held. */
  get files(): ReadonlyMap<string, string> {
    return this.#files
  }

  /** Reads it. Throws a ConfigError; a file that was there once must be there again, since it is not "no configuration". */
  load(): Config {
    return atOnce(this.#read())
  }

  /** The same, while others have their turns of the event loop. One call at a time. */
  loadInTurns(): Promise<Config> {
    return inTurns(this.#read())
  }

  *#read(): Steps<Config> {
    const usual = resolve(this.#directory, USUAL_FILE)
    if (this.#file === undefined && existsSync(usual)) this.#file = USUAL_FILE
    const files = new Map<string, string>()
    const note = (path: string) => files.set(path, fingerprintOf(path))
    note(this.#file === undefined ? usual : resolve(this.#directory, this.#file))
    try {
      return yield* readConfig({ ...this.#options, file: this.#file, onSecretFile: note })
    } finally {
      this.#files = files
    }
  }
}
