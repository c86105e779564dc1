import { checkOf, readCheck } from '../routing/health/health-check.ts'
import type { Vendor, VendorKey } from '../routing/target.ts'
import { header, type Outcome } from '../upstream/outcome.ts'
import { type Answer, type Finding, ok, problem, warning } from './finding.ts'

const ANSWER_LIMIT = 10_000

const ADVICE = {
  network: 'check baseUrl, DNS and firewall; a certificate authority of your own is trusted by NODE_EXTRA_CA_CERTS',
  timeout: 'check baseUrl, and that firewall and proxy let it through',
  cancelled: 'try again',
}

/** Asks a vendor once with each key for what never costs tokens. */
export function checkVendor(vendor: Vendor): Promise<Answer[]> {
  return Promise.all(vendor.keys.map(key => checkKey(vendor, key)))
}

async function checkKey(vendor: Vendor, key: VendorKey): Promise<Answer> {
  const subject = vendor.keys.length === 1 ? `provider ${vendor.name}` : `provider ${vendor.name}, key ${key.index}`
  let outcome: Outcome
  try {
    const exchange = await checkOf(vendor, key, ANSWER_LIMIT)
    exchange.start()
    outcome = await exchange.outcome
  } catch {
    // Its words may hold anything of the key.
    return { finding: problem(subject, 'the request could not be signed: check the key'), skew: undefined }
  }
  return { finding: describe(subject, vendor, key, outcome), skew: skewOf(outcome) }
}

function skewOf(outcome: Outcome): number | undefined {
  const date = outcome.type === 'failed' ? NaN : Date.parse(header(outcome.headers, 'date') ?? '')
  return Number.isNaN(date) ? undefined : Date.now() - date
}

function describe(subject: string, vendor: Vendor, key: VendorKey, outcome: Outcome): Finding {
  const { illness, keyRefused } = readCheck(vendor, key, outcome, performance.now())
  if (outcome.type === 'failed') return problem(subject, `${outcome.reason}: ${ADVICE[outcome.kind]}`)
  const { status } = outcome
  if (status === 403)
    return warning(subject, 'answers 403: the key may not list models; whether it may do more, only a call tells')
  if (keyRefused) {
    const words = key.secret === undefined ? 'it wants a key: set apiKey' : 'it refuses the key: check apiKey'
    return problem(subject, `answers ${status}, ${words}`)
  }
  if (illness !== undefined) return problem(subject, `answers ${status}: it is in trouble itself, try again later`)
  if (status >= 400) return warning(subject, `answers ${status} to the question for its models: check baseUrl`)
  return ok(subject, key.secret === undefined ? 'answers, without a key' : 'answers, and takes the key')
}
