import type { Source } from '../call/block.ts'

/** A data URL in the plain form becomes bytes; everything else is kept as an address, so that it is written back verbatim. */
export function readUrl(url: string): Source {
  const marker = url.startsWith('data:') ? url.indexOf(';base64,') : -1
  if (marker < 0) return { kind: 'url', url }
  return { kind: 'base64', mediaType: url.slice('data:'.length, marker), data: url.slice(marker + ';base64,'.length) }
}

/** An address, or bytes as a data URL; undefined for what has no address. */
export function writeUrl(source: Source): string | undefined {
  if (source.kind === 'url') return source.url
  return source.kind === 'base64' ? `data:${source.mediaType};base64,${source.data}` : undefined
}
