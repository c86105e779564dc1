import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Tells one content of a file from another; one that cannot be read is told by why. */
export function fingerprintOf(path: string): string {
  try {
    return hash('sha256', readFileSync(path))
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}
