import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { header, type ResponseHeaders } from './outcome.ts'

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

/**
 * Takes off what a vendor, or a proxy in front of it, compressed although it was asked for `identity`. Undefined where
 * nothing was compressed, or in a way that we do not know: what reads the bytes will say so.
 */
export function decoderFor(headers: ResponseHeaders): Transform | undefined {
  const encoding = header(headers, 'content-encoding')
  return encoding === undefined ? undefined : DECODERS[encoding.trim().toLowerCase()]?.()
}
