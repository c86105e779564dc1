import { hash } from 'node:crypto'
import { NoRegularFile, readRegularFile } from './regular-file.ts'

/** Tells one content of a file from another; one that cannot be read is told by why. */
export function fingerprintOf(path: string): string {
  try {
    return hash('sha256', readRegularFile(path))
  } catch (error) {
    if (error instanceof NoRegularFile) return 'no file'
    return String((error as NodeJS.ErrnoException).code)
  }
}
