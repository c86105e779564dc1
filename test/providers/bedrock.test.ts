import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CachedCredentials } from '../../src/providers/aws-credentials.ts'
import { createBedrock } from '../../src/providers/bedrock.ts'
import { createProvider, providerTypes } from '../../src/providers/index.ts'

const OUTGOING = { method: 'POST', url: 'https://x.example/model/m/converse', headers: {}, body: Buffer.from('{}') }
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-2-lite-v1:0'
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

const bedrock = createProvider('bedrock', { name: 'bedrock', aws: { region: 'eu-west-1' } })

test('Bedrock is called as documented, versions and ARNs encoded in one segment', () => {
  assert.equal(bedrock.baseUrl, 'https://bedrock-runtime.eu-west-1.amazonaws.com')
  const path = (model: string, stream: boolean) => bedrock.endpoints.chat?.path(model, stream)
  assert.equal(path('us.amazon.nova-2-lite-v1:0', false), '/model/us.amazon.nova-2-lite-v1%3A0/converse')
  assert.equal(
    path(ARN, true),
    '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.amazon.nova-2-lite-v1%3A0/converse-stream',
  )
  assert.equal(bedrock.endpoints.chat?.dialect, 'bedrock')
  assert.deepEqual(bedrock.healthCheck(), { method: 'GET', path: '/async-invoke' })
})

for (const [model, signer] of [
  ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude'],
  ['deepseek.r1-v1:0', 'nobody'],
  [ARN, 'nobody'],
  ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123', 'claude'],
] as const) {
  test(`the reasoning of ${model} is signed as by ${signer}`, () => {
    assert.deepEqual(bedrock.reasoningOf?.(model), { signer })
  })
}

test('a region of China has its own domain, and another address may be given', () => {
  const china = createProvider('bedrock', { name: 'b', aws: { region: 'cn-north-1' } })
  assert.equal(china.baseUrl, 'https://bedrock-runtime.cn-north-1.amazonaws.com.cn')
  const inside = createProvider('bedrock', { name: 'b', baseUrl: 'https://vpce-1.example.internal/' })
  assert.equal(inside.baseUrl, 'https://vpce-1.example.internal')
})

test('a Bedrock API key is shown as it is; it is looked for where the tools of AWS look', async () => {
  assert.deepEqual(await bedrock.authorize(OUTGOING, 'bedrock-api-key-1'), {
    authorization: 'Bearer bedrock-api-key-1',
  })
  assert.equal(providerTypes.bedrock?.keyVariable, 'AWS_BEARER_TOKEN_BEDROCK')
})

test('an access key signs at once, its session token goes along', () => {
  const provider = createProvider('bedrock', {
    name: 'b',
    aws: { ...KEYS, sessionToken: 'token', region: 'eu-west-1' },
  })
  const proof = provider.authorize(OUTGOING, undefined)
  assert.ok(!(proof instanceof Promise))
  assert.match(
    proof.authorization ?? '',
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/bedrock\/aws4_request, /,
  )
  assert.equal(proof['x-amz-security-token'], 'token')
})

test('without either, credentials are looked up once for all who ask', async () => {
  let looks = 0
  const provider = createBedrock({ name: 'b' }, async () => {
    looks += 1
    return KEYS
  })
  const [one, other] = await Promise.all([provider.authorize(OUTGOING, undefined), provider.authorize(OUTGOING, '')])
  assert.match(one.authorization ?? '', /AKIDEXAMPLE/)
  assert.match(other.authorization ?? '', /AKIDEXAMPLE/)
  assert.ok(!(provider.authorize(OUTGOING, undefined) instanceof Promise))
  assert.equal(looks, 1)
})

test('where nothing is found, the error says so and not why', async () => {
  const provider = createBedrock({ name: 'b' }, () => Promise.reject(new Error('profile of 10.0.0.1 is broken')))
  await assert.rejects(async () => provider.authorize(OUTGOING, undefined), {
    code: 'SLUICE_UPSTREAM_CREDENTIALS',
    message: 'The gateway found no credentials for the provider; the operator must mend it.',
  })
})

test('credentials that expire are replaced ahead of their end, and kept to it where that fails', async () => {
  const found = [
    () => ({ ...KEYS, expiration: new Date(1_000_000) }),
    fail,
    () => ({ ...KEYS, accessKeyId: 'NEW' }),
    fail,
  ]
  const kept = new CachedCredentials(async () => (found.shift() ?? fail)())
  const at = async (now: number) => (await kept.at(now)).accessKeyId
  assert.equal(await at(0), 'AKIDEXAMPLE')
  assert.equal(await at(699_000), 'AKIDEXAMPLE')
  assert.equal(await at(701_000), 'AKIDEXAMPLE')
  assert.equal(await at(702_000), 'NEW')
  assert.equal(await at(9_000_000), 'NEW')
})

function fail(): never {
  throw new Error('no answer')
}

test('424 says that the model failed: another target may do better', () => {
  assert.equal(bedrock.classify?.(424, undefined), 'upstream')
  assert.equal(bedrock.classify?.(400, undefined), undefined)
})
