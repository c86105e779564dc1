import type { Kind } from '../call/fault.ts'
import type { ReasoningRules } from '../call/reasoning-origin.ts'
import { isClaude, namesMaker } from '../dialects/bedrock/model-fields.ts'
import { bedrockEmbeddings } from '../dialects/embeddings/bedrock.ts'
import { CachedCredentials, type FoundCredentials, findDefaultCredentials } from './aws-credentials.ts'
import { normaliseBaseUrl } from './base-url.ts'
import type { OutgoingRequest, Provider } from './provider.ts'
import { type AwsSettings, chooseDialect, type ProviderSettings, type ProviderType } from './provider-type.ts'
import { encodeSegment, RequestSigner } from './signature-v4.ts'

const DEFAULT_REGION = 'us-east-1'

/** Bedrock Runtime. Throws for a base URL or dialect that cannot work. `find` looks credentials up. */
export function createBedrock(
  settings: ProviderSettings,
  find: () => Promise<FoundCredentials> = findDefaultCredentials,
): Provider {
  const { name, aws = {}, baseUrl } = settings
  const dialect = chooseDialect(settings, ['bedrock'])
  const region = aws.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? DEFAULT_REGION
  const signer = new RequestSigner(region, 'bedrock')
  const credentials = staticCredentials(aws) ?? new CachedCredentials(find)
  const sign = (request: OutgoingRequest, found: FoundCredentials): Record<string, string> =>
    signer.sign(request, found, new Date())
  return {
    name,
    baseUrl: normaliseBaseUrl(baseUrl ?? baseUrlIn(region), baseUrlIn(region)),
    endpoints: {
      chat: { dialect, path: conversePath },
      embeddings: { dialect, path: invokePath, codec: bedrockEmbeddings },
    },
    authorize: (request, key) => {
      if (key) return { authorization: `Bearer ${key}` }
      const found = credentials instanceof CachedCredentials ? credentials.at(Date.now()) : credentials
      return found instanceof Promise ? found.then(late => sign(request, late)) : sign(request, found)
    },
    forwardHeaders: [],
    reasoningOf,
    streamUsage: 'always',
    classify: classifyBedrock,
    // The runtime has no list of models; that of asynchronous calls costs nothing either.
    healthCheck: () => ({ method: 'GET', path: '/async-invoke' }),
  }
}

function staticCredentials({ accessKeyId, secretAccessKey, sessionToken }: AwsSettings): FoundCredentials | undefined {
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}

/** Of its models only Anthropic's sign their reasoning. */
function reasoningOf(model: string): ReasoningRules {
  return { signer: isClaude(model) || !namesMaker(model) ? 'claude' : 'nobody' }
}

/** The model is one path segment: the slashes and colons of ARNs and versions are encoded. */
function conversePath(model: string, stream: boolean): string {
  return `/model/${encodeSegment(model)}/converse${stream ? '-stream' : ''}`
}

/** For operations that Converse does not have, in each model's own format. */
function invokePath(model: string): string {
  return `/model/${encodeSegment(model)}/invoke`
}

function baseUrlIn(region: string): string {
  return `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

/** A 424 says that the model failed (ModelErrorException), not the client. */
function classifyBedrock(status: number): Kind | undefined {
  return status === 424 ? 'upstream' : undefined
}

export const bedrock: ProviderType = {
  keyVariable: 'AWS_BEARER_TOKEN_BEDROCK',
  keyOptional: true,
  baseUrl: baseUrlIn(DEFAULT_REGION),
  create: settings => createBedrock(settings),
}
