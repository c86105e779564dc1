import { isIP } from 'node:net'
import { z } from 'zod'
import { DURATION_PATTERN, LONGEST_DURATION, parseDuration, parseSize, SIZE_PATTERN } from './units.ts'

/** A value of `${VAR}` is always text; so are the booleans and numbers of many a generated file. */
const BOOLEAN_WORDS: Readonly<Record<string, boolean>> = { true: true, false: false }
const NUMBER_PATTERN = /^-?\d+(\.\d+)?$/

export function boolean() {
  return z.preprocess(
    value => (typeof value === 'string' ? (BOOLEAN_WORDS[value.toLowerCase()] ?? value) : value),
    z.boolean(),
  )
}

/** As all of these that convert: give it its default by `prefault`, since JSON Schema leaves out a `default` of what they put out. */
export function number(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  return z.preprocess(fromText, z.number().min(minimum).max(maximum))
}

export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  return z.preprocess(fromText, z.int().min(minimum).max(maximum))
}

function fromText(value: unknown): unknown {
  return typeof value === 'string' && NUMBER_PATTERN.test(value) ? Number(value) : value
}

export function port() {
  return wholeNumber(0, 65_535)
}

const DURATION_MESSAGE = 'expected a duration such as 250ms, 5s or 10m'

/** Text such as `5s`, put out as milliseconds. A time-out of nothing would fail every call, so zero must be asked for. */
export function duration(minimum: 0 | 1 = 1) {
  return z
    .string(DURATION_MESSAGE)
    .regex(DURATION_PATTERN, { message: DURATION_MESSAGE, abort: true })
    .refine(text => parseDuration(text) >= minimum, 'must be longer than 0ms')
    .refine(text => parseDuration(text) <= LONGEST_DURATION, 'must be shorter than 25 days')
    .transform(parseDuration)
    .meta({ title: 'duration' })
}

/** `p95` as the share 0.95, or a duration. */
export function percentileOrDuration() {
  const percentile = z
    .string()
    .regex(/^p\d{2}$/)
    .transform(text => ({ percentile: Number(text.slice(1)) / 100 }))
  return z.union([percentile, duration().transform(ms => ({ ms }))], {
    error: 'expected a percentile such as p95, or a duration such as 800ms',
  })
}

const SIZE_MESSAGE = 'expected a size such as 512KiB or 32MiB'

/** Text such as `32MiB`, put out as bytes; `maximum` is written in the same way. */
export function size(maximum?: string) {
  return z
    .string(SIZE_MESSAGE)
    .regex(SIZE_PATTERN, { message: SIZE_MESSAGE, abort: true })
    .refine(text => parseSize(text) >= 1, 'must be larger than 0B')
    .refine(
      text => parseSize(text) <= (maximum === undefined ? Number.MAX_SAFE_INTEGER : parseSize(maximum)),
      maximum === undefined ? 'is too large' : `must be at most ${maximum}`,
    )
    .transform(parseSize)
    .meta({ title: 'size' })
}

/** Names of things: they go into metric labels, headers and log lines. */
export function name() {
  return z
    .string()
    .regex(/^[A-Za-z0-9][\w.@:-]{0,63}$/, 'a name has 1 to 64 letters, digits or . _ - : @, a letter or digit first')
}

/** The name of a model, which vendors also write with slashes (`meta-llama/Llama-3`). */
export function modelName() {
  return z.string().regex(/^[A-Za-z0-9@][\w.@:/+-]{0,199}$/, {
    message: 'a model name has 1 to 200 letters, digits or . _ - : @ / +, a letter or digit first',
    abort: true,
  })
}

/** The name of a request header (RFC 9110 5.1), put out in lower case, as Node has them. */
export function headerName() {
  return z
    .string()
    .regex(/^[\w!#$%&'*+.^`|~-]{1,100}$/, 'expected the name of a header such as x-session-id')
    .toLowerCase()
}

export function text() {
  return z.string().min(1, 'must not be empty')
}

/** A key that goes into a header. May be empty, which means none. */
export function secret() {
  return z
    .string()
    .regex(/^[\x21-\x7e]*$/, 'a key cannot hold spaces, line breaks or letters beyond ASCII')
    .meta({ title: 'secret', writeOnly: true })
}

/** A whole file that is a secret. */
export function secretText() {
  return text().meta({ title: 'secret', writeOnly: true })
}

const SHORTEST_KEY = 8

/** Keys that manuals and examples print, so that guessing starts with them. */
const WEAK_KEYS = new Set(
  `changeme change-me change_me changeit replaceme replace-me placeholder password password1 password123 passw0rd
  12345678 123456789 1234567890 87654321 abcd1234 abcdefgh qwertyuiop letmein1 iloveyou sk-1234 sk-12345 sk-123456
  sk-1234567 sk-12345678 sk-123456789 sk-1234567890 sk-test sk-secret sk-changeme sk-change-me sk-your-key
  sk-your-key-here sk-master-key your-key your-key-here your-api-key your-api-key-here your-secret-key api-key-here
  admin123 administrator admin-key adminkey admin-secret master-key masterkey test-key testtest test1234 secret123
  secretkey secret-key mysecret mysecretkey my-secret-key topsecret supersecret super-secret super-secret-key
  default-key sluice-key sluice-admin sluice-admin-key sluice123`.split(/\s+/),
)

/** A key that the gateway's own callers or operators show. */
export function strongKey() {
  return secret()
    .refine(key => key.length >= SHORTEST_KEY, {
      message: `must have at least ${SHORTEST_KEY} characters`,
      abort: true,
    })
    .refine(key => !isWeak(key), 'is a well-known weak key; take a random one (openssl rand -hex 24)')
}

function isWeak(key: string): boolean {
  const lower = key.toLowerCase()
  return WEAK_KEYS.has(lower) || /^(sk-)?(.)\2*$/.test(lower)
}

const BASE_URL_MESSAGE = 'expected an address that begins with https:// or http://'

/** The address of a vendor. Messages do not repeat it, since people paste credentials into addresses. */
export function baseUrl() {
  return z
    .string(BASE_URL_MESSAGE)
    .refine(text => /^https?:\/\//i.test(text) && URL.canParse(text), { message: BASE_URL_MESSAGE, abort: true })
    .refine(
      text => new URL(text).username === '' && new URL(text).password === '',
      'must not hold credentials; use apiKey',
    )
    .refine(text => !/[?#]/.test(text), 'must not hold a query or a fragment')
    .meta({ title: 'URL', format: 'uri' })
}

const REDIS_MESSAGE = 'expected an address that begins with redis:// or rediss://'

/** The address of a Redis; secret because it may hold a password. May be empty, which means none. */
export function redisUrl() {
  return z
    .string(REDIS_MESSAGE)
    .refine(text => text === '' || (/^rediss?:\/\//i.test(text) && URL.canParse(text)), REDIS_MESSAGE)
    .meta({ title: 'secret URL', writeOnly: true })
}

/** Fastify's names for the usual private ranges. */
const PROXY_NAMES = ['loopback', 'linklocal', 'uniquelocal']

/** An address, a range in CIDR notation, or one of Fastify's names for ranges. */
export function proxy() {
  return z
    .string()
    .refine(isProxy, `expected an IP address, a range such as 10.0.0.0/8, or one of ${PROXY_NAMES.join(', ')}`)
}

function isProxy(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (bits === undefined) return version !== 0 || PROXY_NAMES.includes(text)
  return version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)
}

const DATE_MESSAGE = 'expected a date such as 2027-01-31 or 2027-01-31T18:00:00Z'

/** A date or a time with its zone, put out as milliseconds since 1970; a bare date is its first moment in UTC. */
export function date() {
  return z
    .string(DATE_MESSAGE)
    .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/, { message: DATE_MESSAGE, abort: true })
    .refine(text => !Number.isNaN(Date.parse(text)), DATE_MESSAGE)
    .transform(text => Date.parse(text))
    .meta({ title: 'date' })
}
