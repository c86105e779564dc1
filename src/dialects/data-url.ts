import type { Source } from '../call/block.ts'

/** A base64 data URL as its data; any other URL as it is, so that it can be written back verbatim. */
export function readUrl(url: string): Source {
  const marker = url.startsWith('data:') ? url.indexOf(';base64,') : -1
  if (marker < 0) return { kind: 'url', url }
  return { kind: 'base64', mediaType: url.slice('data:'.length, marker), data: url.slice(marker + ';base64,'.length) }
}

/** The URL of a source, a data URL for base64 data; undefined for texts and uploads. */
export function writeUrl(source: Source): string | undefined {
  if (source.kind === 'url') return source.url
  return source.kind === 'base64' ? `data:${source.mediaType};base64,${source.data}` : undefined
}
