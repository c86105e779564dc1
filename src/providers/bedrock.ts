import type { Kind } from '../call/fault.ts'
import type { ReasoningRules } from '../call/reasoning-origin.ts'
import { isClaude } from '../dialects/bedrock/model-fields.ts'
import { bedrockEmbeddings } from '../dialects/embeddings/bedrock.ts'
import { type FoundCredentials, findInUsualPlaces, KeptCredentials } from './aws-credentials.ts'
import { normaliseBaseUrl } from './base-url.ts'
import type { OutgoingRequest, Provider } from './provider.ts'
import { type AwsSettings, chooseDialect, type ProviderSettings, type ProviderType } from './provider-type.ts'
import { encodeSegment, RequestSigner } from './signature-v4.ts'

const USUAL_REGION = 'us-east-1'

/** Bedrock Runtime. Throws when the base URL or dialect cannot work. */
export function speakBedrock(
  settings: ProviderSettings,
  find: () => Promise<FoundCredentials> = findInUsualPlaces,
): Provider {
  const { name, aws = {}, baseUrl } = settings
  const dialect = chooseDialect(settings, ['bedrock'])
  const region = aws.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? USUAL_REGION
  const signer = new RequestSigner(region, 'bedrock')
  const credentials = staticCredentials(aws) ?? new KeptCredentials(find)
  const sign = (request: OutgoingRequest, found: FoundCredentials): Record<string, string> =>
    signer.sign(request, found, new Date())
  return {
    name,
    baseUrl: normaliseBaseUrl(baseUrl ?? addressIn(region), addressIn(region)),
    endpoints: {
      chat: { dialect, path: conversePath },
      embeddings: { dialect, path: invokePath, codec: bedrockEmbeddings },
    },
    authorize: (request, key) => {
      if (key !== undefined && key !== '') return { authorization: `Bearer ${key}` }
      const found = credentials instanceof KeptCredentials ? credentials.at(Date.now()) : credentials
      return found instanceof Promise ? found.then(late => sign(request, late)) : sign(request, found)
    },
    forwardHeaders: [],
    reasoningOf,
    streamUsage: 'always',
    classify: classifyBedrock,
    // The runtime has no list of models; this one of calls that are under way costs nothing.
    healthCheck: () => ({ method: 'GET', path: '/async-invoke' }),
  }
}

function staticCredentials({ accessKeyId, secretAccessKey, sessionToken }: AwsSettings): FoundCredentials | undefined {
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}

/** Ids of models and of their profiles name the maker (`us.amazon.nova-pro-v1:0`); profiles and imports of an account's own do not. */
const NAMED = /(?:^|[./])[a-z0-9]+\.[a-z]/

/** Of those that it hosts only Anthropic's models sign. */
function reasoningOf(model: string): ReasoningRules {
  return { signer: isClaude(model) || !NAMED.test(model) ? 'claude' : 'nobody' }
}

/** ARNs and versions stand in one segment, so that their slashes and colons are encoded. */
function conversePath(model: string, stream: boolean): string {
  return `/model/${encodeSegment(model)}/converse${stream ? '-stream' : ''}`
}

/** What Converse has no words for is asked in each model's own. */
function invokePath(model: string): string {
  return `/model/${encodeSegment(model)}/invoke`
}

function addressIn(region: string): string {
  return `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

/** 424 says that the model failed (ModelErrorException), though its number is that of a client's mistake. */
function classifyBedrock(status: number): Kind | undefined {
  return status === 424 ? 'upstream' : undefined
}

export const bedrock: ProviderType = {
  keyVariable: 'AWS_BEARER_TOKEN_BEDROCK',
  keyOptional: true,
  baseUrl: addressIn(USUAL_REGION),
  create: settings => speakBedrock(settings),
}
