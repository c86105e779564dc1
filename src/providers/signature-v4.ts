import { createHmac, hash } from 'node:crypto'
import type { OutgoingRequest } from './provider.ts'

const ALGORITHM = 'AWS4-HMAC-SHA256'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** Signs requests to one service in one region by AWS's Signature Version 4 (docs.aws.amazon.com/IAM, "Create a signed AWS API request"). */
export class RequestSigner {
  readonly #scope: string
  readonly #parts: readonly string[]
  /** The signing key of the day, cached: deriving it costs more than the rest of a signature. */
  #key: { readonly day: string; readonly secret: string; readonly bytes: Buffer } | undefined

  /** For example `us-east-1` and `bedrock`. */
  constructor(region: string, service: string) {
    this.#parts = [region, service, 'aws4_request']
    this.#scope = this.#parts.join('/')
  }

  /**
   * The headers that authenticate a request. Its path is encoded once more than on the wire, as all services but S3 want it; its
   * URL must have no query.
   */
  sign(
    { method, url, headers, body }: OutgoingRequest,
    { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
    now: Date,
  ): Record<string, string> {
    const { host, pathname } = new URL(url)
    const time = now.toISOString().replace(/[-:]|\.\d+/g, '')
    const day = time.slice(0, 8)
    const digest = hash('sha256', body ?? '')
    const proof: Record<string, string> = {
      'x-amz-content-sha256': digest,
      'x-amz-date': time,
      ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
    }
    const type = headers['content-type']
    const signed = Object.entries({ ...(type !== undefined && { 'content-type': type }), host, ...proof })
    const names = signed.map(([name]) => name).join(';')
    const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('')
    const request = [method, encodeAgain(pathname), '', lines, names, digest].join('\n')
    const scope = `${day}/${this.#scope}`
    const text = [ALGORITHM, time, scope, hash('sha256', request)].join('\n')
    const signature = hmac(this.#keyOf(day, secretAccessKey), text).toString('hex')
    return {
      ...proof,
      authorization: `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    }
  }

  #keyOf(day: string, secret: string): Buffer {
    if (this.#key?.day !== day || this.#key.secret !== secret) {
      const bytes = [day, ...this.#parts].reduce(hmac, Buffer.from(`AWS4${secret}`))
      this.#key = { day, secret, bytes }
    }
    return this.#key.bytes
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function encodeAgain(path: string): string {
  return path.split('/').map(encodeSegment).join('/')
}

/** Encodes a path segment as RFC 3986 asks, which leaves fewer characters as they are than encodeURIComponent. */
export function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, byte => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`)
}
