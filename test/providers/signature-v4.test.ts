import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import { SignatureV4 } from '@smithy/signature-v4'
import { encodeSegment, RequestSigner } from '../../src/providers/signature-v4.ts'

const SCOPE = { region: 'eu-central-1', service: 'bedrock' }
const SIGNER = new RequestSigner(SCOPE.region, SCOPE.service)
const NOW = new Date('2026-03-01T23:59:59.500Z')

/** A hash as AWS's library wants it. */
class Sha256 {
  readonly #hash

  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }

  update(data: SourceData): void {
    this.#hash.update(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {}
}

type SourceData = string | ArrayBuffer | ArrayBufferView

function bytesOf(data: SourceData): string | Buffer {
  if (typeof data === 'string') return data
  return data instanceof ArrayBuffer ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

interface Signed {
  readonly method: string
  readonly path: string
  readonly body: string | undefined
  readonly sessionToken?: string
}

const ARN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/1arbu5hu2sjr'

const CASES: readonly (Signed & { readonly name: string })[] = [
  { name: 'a call', method: 'POST', path: '/model/us.amazon.nova-2-lite-v1%3A0/converse', body: '{"messages":[]}' },
  { name: 'an ARN', method: 'POST', path: `/model/${encodeSegment(ARN)}/converse-stream`, body: '{"text":"模型 🙂"}' },
  { name: 'a session', method: 'POST', path: '/model/m/converse', body: '{}', sessionToken: 'IQoJb3JpZ2luX2VjEJ//' },
  { name: 'a check', method: 'GET', path: '/async-invoke', body: undefined },
  { name: 'odd characters', method: 'POST', path: `/model/${encodeSegment("a!b'c(d)*~e")}/converse`, body: '' },
]

for (const { name, ...request } of CASES) {
  test(`signs ${name} as AWS's own library does`, async () => {
    assert.equal(ours(request).authorization, await theirs(request))
  })
}

test('the key of a day is not used on the next', async () => {
  const request = { method: 'POST', path: '/model/m/converse', body: '{}' }
  for (const now of [NOW, new Date('2026-03-02T00:00:00Z'), NOW]) {
    assert.equal(ours(request, now).authorization, await theirs(request, now))
  }
})

function credentialsOf({ sessionToken }: Signed) {
  const pair = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
  return sessionToken === undefined ? pair : { ...pair, sessionToken }
}

function ours(request: Signed, now = NOW): Record<string, string> {
  const { method, path, body } = request
  const url = `https://bedrock-runtime.eu-central-1.amazonaws.com${path}`
  const bytes = body === undefined ? undefined : Buffer.from(body)
  const headers = { 'content-type': 'application/json', 'user-agent': 'sluice', accept: 'application/json' }
  return SIGNER.sign({ method, url, headers, body: bytes }, credentialsOf(request), now)
}

async function theirs(request: Signed, signingDate = NOW): Promise<string | undefined> {
  const { method, path, body } = request
  const hostname = 'bedrock-runtime.eu-central-1.amazonaws.com'
  const signer = new SignatureV4({ ...SCOPE, credentials: credentialsOf(request), sha256: Sha256 })
  const headers = { 'content-type': 'application/json', host: hostname }
  const signed = await signer.sign(
    { method, protocol: 'https:', hostname, path, headers, ...(body !== undefined && { body }) },
    { signingDate },
  )
  return signed.headers.authorization
}
