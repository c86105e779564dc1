import { type FSWatcher, watch } from 'node:fs'
import { basename } from 'node:path'
import { fingerprintOf } from './fingerprint.ts'
import { placesOf } from './places.ts'

/** How long files must have been left alone, ms: an editor's save is several steps, and a half-written file is no configuration. */
const QUIET = 100
/** At the latest so long after a change they are looked at, ms: a file that is written without end must not hold up the others. */
const PATIENCE = 5_000

interface WatchOptions {
  /** The absolute paths to watch, each with the fingerprint of what was last read from it. Asked again after each change. */
  files(): ReadonlyMap<string, string>
  /** Something else than what was last read stands in the files; called once, however often they changed in a moment. */
  onChange(): Promise<void>
  /** Changes in this folder will not be noticed. */
  onBlind(folder: string, error: unknown): void
}

/**
 * Watches files by the folders that lead to them. A watch on a file follows the file and not its name, so it hears nothing
 * any more once an editor has put another file in its place; and what Kubernetes swaps is a link on the way to the file.
 */
export class FileWatch {
  readonly #options: WatchOptions
  readonly #watchers: FSWatcher[] = []
  #quiet: NodeJS.Timeout | undefined
  #patience: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#follow()
    // They may have changed since they were read.
    this.#stir()
  }

  close(): void {
    this.#closed = true
    this.#calm()
    for (const watcher of this.#watchers.splice(0)) watcher.close()
  }

  #stir(): void {
    if (this.#closed) return
    clearTimeout(this.#quiet)
    this.#quiet = setTimeout(() => void this.#look(), QUIET).unref()
    this.#patience ??= setTimeout(() => void this.#look(), PATIENCE).unref()
  }

  #calm(): void {
    clearTimeout(this.#quiet)
    clearTimeout(this.#patience)
    this.#patience = undefined
  }

  async #look(): Promise<void> {
    this.#calm()
    // Before the files are read, so that nothing falls between.
    this.#follow()
    const changed = [...this.#options.files()].some(([path, seen]) => fingerprintOf(path) !== seen)
    if (!changed) return
    await this.#options.onChange()
    // The files may be others now, and have changed since.
    this.#stir()
  }

  /** Watches the places that count now, all anew: under the name of a folder there may be another folder. */
  #follow(): void {
    const wanted = Map.groupBy([...this.#options.files().keys()].flatMap(placesOf), ({ folder }) => folder)
    const former = this.#watchers.splice(0)
    for (const [folder, places] of wanted) this.#watch(folder, new Set(places.map(({ name }) => name)))
    for (const watcher of former) watcher.close()
  }

  #watch(folder: string, names: ReadonlySet<string>): void {
    const stir = (name: string | null): void => {
      // A folder that is moved away tells its own name.
      if (name === null || names.has(name) || name === basename(folder)) this.#stir()
    }
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => stir(name))
      watcher.on('error', () => stir(null))
      this.#watchers.push(watcher)
    } catch (error) {
      this.#options.onBlind(folder, error)
    }
  }
}
