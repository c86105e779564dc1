export const MODALITIES = ['text', 'image', 'audio', 'video', 'file'] as const

type Modality = (typeof MODALITIES)[number]

/** Settings that some models refuse, as OpenAI and Anthropic write them; losses name them so. */
export const PARAMETERS = [
  'temperature',
  'top_p',
  'top_k',
  'frequency_penalty',
  'presence_penalty',
  'logprobs',
  'stop',
  'seed',
] as const

export type Parameter = (typeof PARAMETERS)[number]

/** USD for a million tokens. */
export interface ModelPrice {
  readonly input: number
  readonly output: number
  /** Input that came from the vendor's prompt cache. */
  readonly cacheRead?: number | undefined
  /** Input that was put into it, for the shortest time that the vendor sells. */
  readonly cacheWrite?: number | undefined
  /** Of calls with more input than `above` tokens, for all of their tokens. */
  readonly longContext?: LongContextPrice | undefined
}

export interface LongContextPrice extends Omit<ModelPrice, 'longContext'> {
  readonly above: number
}

/** What is known of a model. Nothing has to be: a model of which nothing is known is asked as the client wishes. */
export interface ModelFacts {
  /** Input and output together, in tokens. */
  readonly contextWindow?: number | undefined
  /** Most tokens of an answer, reasoning included. */
  readonly maxOutput?: number | undefined
  /** What to ask for at vendors that insist on a limit, where the client has set none; `maxOutput` unless set. */
  readonly defaultMaxTokens?: number | undefined
  readonly input?: readonly Modality[] | undefined
  readonly output?: readonly Modality[] | undefined
  /** Answered with a 400, unless they ask for what happens anyway. */
  readonly refuses?: readonly Parameter[] | undefined
  /** The same, but only in calls that ask for reasoning. */
  readonly refusesWhileReasoning?: readonly Parameter[] | undefined
  /** `adaptive`: Anthropic's models that refuse a thinking budget and take an effort instead. */
  readonly thinking?: 'budget' | 'adaptive' | undefined
  readonly price?: ModelPrice | undefined
}

/** Facts by the maker's plain name of the model. */
export type FactsTable = Readonly<Record<string, ModelFacts>>
