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
 * A decompressor for vendors, or proxies in front of them, that compress although `identity` was requested. Undefined where nothing
 * was compressed, or by an unknown method: reading the bytes will fail then.
 */
export function decoderFor(headers: ResponseHeaders): Transform | undefined {
  const encoding = header(headers, 'content-encoding')
  return encoding === undefined ? undefined : DECODERS[encoding.trim().toLowerCase()]?.()
}
