import { lstatSync, readlinkSync } from 'node:fs'
import { isAbsolute, join, sep } from 'node:path'

/** A name in a folder. */
export interface Place {
  readonly folder: string
  readonly name: string
}

/** As Linux: more links than this go round in a circle. */
const MOST_LINKS = 40

/**
 * Where something must change for an absolute path to lead to another file: the file itself and each link on the way to it.
 * Where the way ends early, the last place is that of the first part that is missing.
 */
export function placesOf(path: string): Place[] {
  const places: Place[] = []
  let folder: string = sep
  let ahead = partsOf(path)
  while (ahead.length > 0 && places.length < MOST_LINKS) {
    const [name = '', ...rest] = ahead
    const here = { folder, name }
    const kind = kindOf(join(folder, name))
    if (kind !== 'folder' || rest.length === 0) places.push(here)
    if (kind === 'missing') break
    if (kind === 'link') {
      const target = readlinkSync(join(folder, name))
      if (isAbsolute(target)) folder = sep
      ahead = [...partsOf(target), ...rest]
    } else {
      folder = join(folder, name)
      ahead = rest
    }
  }
  return places
}

function partsOf(path: string): string[] {
  return path.split(sep).filter(part => part !== '')
}

/** What may not be looked at is missing as well: the file could not be read either. */
function kindOf(path: string): 'missing' | 'link' | 'folder' | 'file' {
  try {
    const stats = lstatSync(path)
    if (stats.isSymbolicLink()) return 'link'
    return stats.isDirectory() ? 'folder' : 'file'
  } catch {
    return 'missing'
  }
}
