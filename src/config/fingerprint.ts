import { hash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

/** Tells one content of a file from another; one that cannot be read is told by why. A pipe can be read only once: it is not. */
export function fingerprintOf(path: string): string {
  try {
    if (!statSync(path).isFile()) return 'no file'
    return hash('sha256', readFileSync(path))
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}
