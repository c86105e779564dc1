import { checkBilledInterval } from './billed-checks.ts'
import { checkRouting, factsIn } from './check-routing.ts'
import type { KnownProviders } from './config.ts'
import { didYouMean } from './nearest.ts'
import type { Report } from './report.ts'
import { getIn, isSection, itemsOf, membersOf, type Path } from './tree.ts'

/** Providers: a known type, an address where the type has none, and the simulator's settings only on the simulator. */
export function checkProviders(tree: unknown, known: KnownProviders, report: Report): void {
  const providers = getIn(tree, ['providers'])
  if (isSection(providers) && Object.keys(providers).length === 0) {
    report.addAtKey(['providers'], 'providers names no vendor; {sim: {type: sim}} is one that needs no key')
  }
  for (const [name, provider] of membersOf(providers)) {
    const path = ['providers', name]
    checkName(path, name, report)
    if (!isSection(provider)) continue
    if (provider.apiKey !== undefined && provider.apiKeys !== undefined) {
      report.addAtKey([...path, 'apiKeys'], `providers.${name} has both "apiKey" and "apiKeys"; keep one`)
    }
    checkLimits(path, provider, report)
    checkBilledInterval(path, provider, report)
    const type = checkType(path, name, provider, known, report)
    if (type === undefined) continue
    checkDialect(path, type, provider, report)
    checkSimulator(path, type, provider, report)
    checkProject(path, type, provider, report)
    checkAws(path, type, provider, report)
    checkBreaker(path, provider, report)
    checkBaseUrl(path, type, provider, known, report)
    checkUsage(path, type, provider, report)
    checkVersion(path, type, provider, report)
    checkAsked(path, type, provider, known, report)
  }
}

/** The schema leaves this one out without a word, since it would change the object that holds the others. */
function checkName(path: Path, name: string, report: Report): void {
  if (name === '__proto__') report.addAtKey(path, `"${name}" cannot be a name; choose another`)
}

function checkLimits(path: Path, provider: Record<string, unknown>, report: Report): void {
  const limits = [...path, 'limits']
  if (getIn(provider, ['limits', 'burst']) === undefined) return
  if (getIn(provider, ['limits', 'requestsPerMinute']) === undefined) {
    report.addAtKey([...limits, 'burst'], `${limits.join('.')}.burst has no meaning without requestsPerMinute`)
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

function checkSimulator(path: Path, type: string, { sim }: Record<string, unknown>, report: Report): void {
  if (sim === undefined || type === 'sim') return
  report.addAtKey([...path, 'sim'], `"sim" is only for providers of type sim, and this one is of type ${type}`)
}

/** The types whose dialect is not certain, and those that each may have. */
const CHOICES: Readonly<Record<string, readonly unknown[]>> = {
  sim: ['openai-chat', 'anthropic'],
  'openai-compatible': ['openai-chat', 'anthropic', 'openai-responses'],
}

function checkDialect(path: Path, type: string, { dialect }: Record<string, unknown>, report: Report): void {
  if (dialect === undefined) return
  const spoken = CHOICES[type]
  if (spoken === undefined) {
    const types = Object.keys(CHOICES).join(' and ')
    report.addAtKey(
      [...path, 'dialect'],
      `"dialect" is only for providers of type ${types}, and this one is of type ${type}`,
    )
  } else if (!spoken.includes(dialect)) {
    report.add([...path, 'dialect'], `a provider of type ${type} speaks ${spoken.join(' or ')}`)
  }
}

function checkProject(path: Path, type: string, provider: Record<string, unknown>, report: Report): void {
  const vertex = type === 'vertex' || type === 'vertex-anthropic'
  for (const key of ['project', 'location', 'credentials'].filter(key => provider[key] !== undefined)) {
    const member = [...path, key]
    if (!vertex) {
      report.addAtKey(member, `"${key}" is only for providers of type vertex, and this one is of type ${type}`)
    } else if (provider.project === undefined) {
      report.addAtKey(member, `${member.join('.')} has no meaning without project`)
    }
  }
}

/** An access key is useless without its secret, and the other way round. */
function checkAws(path: Path, type: string, provider: Record<string, unknown>, report: Report): void {
  const { aws } = provider
  if (aws === undefined) return
  const member = [...path, 'aws']
  if (type !== 'bedrock') {
    report.addAtKey(member, `"aws" is only for providers of type bedrock, and this one is of type ${type}`)
  } else if (isSection(aws) && (aws.accessKeyId === undefined) !== (aws.secretAccessKey === undefined)) {
    report.addAtKey(member, `${member.join('.')} needs both "accessKeyId" and "secretAccessKey", or neither`)
  }
}

function checkBreaker(path: Path, provider: Record<string, unknown>, report: Report): void {
  const member = [...path, 'breaker', 'slowRate']
  if (getIn(provider, ['breaker', 'slowRate']) === undefined) return
  if (getIn(provider, ['breaker', 'slowerThan']) === undefined) report.add(member, 'has no meaning without slowerThan')
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

function checkVersion(path: Path, type: string, { apiVersion }: Record<string, unknown>, report: Report): void {
  if (apiVersion === undefined || type === 'azure') return
  report.addAtKey(
    [...path, 'apiVersion'],
    `"apiVersion" is only for providers of type azure, and this one is of type ${type}`,
  )
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

/** Models: their targets' providers exist, their names hide no provider, and their strategies fit. */
export function checkModels(tree: unknown, report: Report): void {
  const providers = membersOf(getIn(tree, ['providers'])).map(([name]) => name)
  const facts = factsIn(getIn(tree, ['modelFacts']))
  for (const [name, model] of membersOf(getIn(tree, ['models']))) {
    const path = ['models', name]
    checkName(path, name, report)
    const prefix = name.split('/', 1)[0] ?? ''
    if (name.includes('/') && providers.includes(prefix)) {
      report.addAtKey(path, `model "${name}" would hide the models of provider "${prefix}"; choose another name`)
    }
    const targets = itemsOf(getIn(model, ['targets']))
    for (const index of targets.keys()) checkProvider([...path, 'targets', index], targets[index], providers, report)
    checkRouting(path, model, facts, report)
  }
}

/** Whoever is to be asked stands under `providers`. */
export function checkProvider(path: Path, target: unknown, providers: readonly string[], report: Report): void {
  const provider = getIn(target, ['provider'])
  if (typeof provider !== 'string' || providers.includes(provider)) return
  const member = [...path, 'provider']
  report.add(member, `unknown provider${report.quote(member)}${didYouMean(provider, providers)}`)
}
