import { checkBilledInterval } from './billed-checks.ts'
import { checkNeeds } from './check-needs.ts'
import type { KnownProviders } from './config.ts'
import { didYouMean } from './nearest.ts'
import type { Report } from './report.ts'
import { getIn, isSection, membersOf, type Path } from './tree.ts'

/** Providers: a known type, an address where the type has none, and no settings of another type. */
export function checkProviders(tree: unknown, known: KnownProviders, report: Report): void {
  const providers = getIn(tree, ['providers'])
  if (isSection(providers) && Object.keys(providers).length === 0) {
    report.addAtKey(['providers'], 'providers names no vendor; {sim: {type: sim}} is one that needs no key')
  }
  for (const [name, provider] of membersOf(providers)) {
    const path = ['providers', name]
    if (!isSection(provider)) continue
    if (provider.apiKey !== undefined && provider.apiKeys !== undefined) {
      report.addAtKey([...path, 'apiKeys'], `providers.${name} has both "apiKey" and "apiKeys"; keep one`)
    }
    checkNeeds([...path, 'limits'], provider.limits, 'burst', 'requestsPerMinute', report)
    checkNeeds([...path, 'breaker'], provider.breaker, 'slowRate', 'slowerThan', report)
    checkBilledInterval(path, provider, report)
    const type = checkType(path, name, provider, known, report)
    if (type === undefined) continue
    checkDialect(path, type, provider, report)
    checkOwners(path, type, provider, report)
    checkAws(path, type, provider, report)
    checkBaseUrl(path, type, provider, known, report)
    checkUsage(path, type, provider, report)
    checkAsked(path, type, provider, known, report)
  }
}

function checkType(
  path: Path,
  name: string,
  provider: Record<string, unknown>,
  known: KnownProviders,
  report: Report,
): string | undefined {
  const type = provider.type ?? name
  if (typeof type !== 'string') return undefined
  if (Object.hasOwn(known, type)) return type
  const near = didYouMean(type, Object.keys(known))
  if (provider.type === undefined) {
    const advice = 'openai-compatible for a vendor that speaks the API of OpenAI'
    report.addAtKey(path, `"${name}" is no known provider type, so add "type:" (${advice})${near}`)
  } else {
    report.add([...path, 'type'], `unknown provider type${report.quote([...path, 'type'])}${near}`)
  }
  return undefined
}

/** The types whose dialect is not certain, and those that each may have. */
const CHOICES: Readonly<Record<string, readonly unknown[]>> = {
  sim: ['openai-chat', 'anthropic'],
  'openai-compatible': ['openai-chat', 'anthropic', 'openai-responses'],
}

function checkDialect(path: Path, type: string, { dialect }: Record<string, unknown>, report: Report): void {
  if (dialect === undefined) return
  const spoken = CHOICES[type]
  if (spoken === undefined) refuseForeign(path, 'dialect', Object.keys(CHOICES), type, report)
  else if (!spoken.includes(dialect)) {
    report.add([...path, 'dialect'], `a provider of type ${type} speaks ${spoken.join(' or ')}`)
  }
}

/** Who has a member that others have not. */
const OWNERS: Readonly<Record<string, string>> = {
  sim: 'sim',
  apiVersion: 'azure',
  aws: 'bedrock',
  project: 'vertex',
  location: 'vertex',
  credentials: 'vertex',
}

function checkOwners(path: Path, type: string, provider: Record<string, unknown>, report: Report): void {
  const kind = type === 'vertex-anthropic' ? 'vertex' : type
  for (const [key, owner] of Object.entries(OWNERS)) {
    if (provider[key] !== undefined && kind !== owner) refuseForeign(path, key, [owner], type, report)
  }
  if (kind !== 'vertex') return
  checkNeeds(path, provider, 'location', 'project', report)
  checkNeeds(path, provider, 'credentials', 'project', report)
}

function refuseForeign(path: Path, key: string, owners: readonly string[], type: string, report: Report): void {
  const words = `is only for providers of type ${owners.join(' and ')}, and this one is of type ${type}`
  report.addAtKey([...path, key], `"${key}" ${words}`)
}

/** An access key is useless without its secret, and the other way round. */
function checkAws(path: Path, type: string, { aws }: Record<string, unknown>, report: Report): void {
  if (type !== 'bedrock' || !isSection(aws)) return
  if ((aws.accessKeyId === undefined) === (aws.secretAccessKey === undefined)) return
  const member = [...path, 'aws']
  report.addAtKey(member, `${member.join('.')} needs both "accessKeyId" and "secretAccessKey", or neither`)
}

function checkBaseUrl(
  path: Path,
  type: string,
  provider: Record<string, unknown>,
  known: KnownProviders,
  report: Report,
): void {
  const given = provider.baseUrl !== undefined
  if (type === 'sim') {
    if (given) report.addAtKey([...path, 'baseUrl'], 'a provider of type sim has no address')
  } else if (!given && known[type]?.baseUrl === undefined) {
    report.addAtKey(path, `type ${type} needs "baseUrl"`)
  }
}

function checkUsage(path: Path, type: string, provider: Record<string, unknown>, report: Report): void {
  if (provider.askForUsage === undefined) return
  if (type !== 'anthropic' && provider.dialect !== 'anthropic') return
  report.addAtKey([...path, 'askForUsage'], '"askForUsage" is only for providers that speak the API of OpenAI')
}

/** A prompt needs somebody to answer it. */
function checkAsked(
  path: Path,
  type: string,
  provider: Record<string, unknown>,
  known: KnownProviders,
  report: Report,
): void {
  if (getIn(provider, ['health', 'ask']) === undefined || !known[type]?.withoutChat) return
  report.addAtKey([...path, 'health', 'ask'], `"ask" sends a prompt, and a provider of type ${type} answers none`)
}
