import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

/** Its message says what to do. */
export class NoRegularFile extends Error {
  override readonly name = 'NoRegularFile'

  constructor() {
    super('it is a pipe or a device, and only a file can be read again at a reload')
  }
}

/**
 * The bytes of a file, also at the end of links. Throws NoRegularFile for a pipe, which nobody may ever write to, or a device,
 * which may never end; a folder and all else fail as the system says.
 */
export function readRegularFile(path: string): Buffer {
  // Else the opening itself waits for who writes to a pipe.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const kind = fstatSync(file)
    if (!kind.isFile() && !kind.isDirectory()) throw new NoRegularFile()
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

/** Why it cannot be read, from what that has thrown: fit to be shown. */
export function whyUnreadable(error: unknown): string {
  return error instanceof NoRegularFile
    ? `cannot be read: ${error.message}`
    : `cannot be read (${(error as NodeJS.ErrnoException).code})`
}
