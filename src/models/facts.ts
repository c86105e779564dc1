export const MODALITIES = ['text', 'image', 'audio', 'video', 'file'] as const

type Modality = (typeof MODALITIES)[number]

/** Settings that some models refuse, by the names of OpenAI and Anthropic, which losses use as well. */
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
  /** Input read from the vendor's prompt cache. */
  readonly cacheRead?: number | undefined
  /** Input written to it, for the shortest time that the vendor offers. */
  readonly cacheWrite?: number | undefined
  /** The price of all tokens of a call that has more than `above` tokens of input. */
  readonly longContext?: LongContextPrice | undefined
}

export interface LongContextPrice extends Omit<ModelPrice, 'longContext'> {
  readonly above: number
}

/** What is known of a model; a call to a model of which nothing is known is sent as the client wrote it. */
export interface ModelFacts {
  /** Input and output together, in tokens. */
  readonly contextWindow?: number | undefined
  /** The most tokens of an answer, including reasoning. */
  readonly maxOutput?: number | undefined
  /** The limit of output for vendors that require one, where the client sets none; `maxOutput` unless set. */
  readonly defaultMaxTokens?: number | undefined
  readonly input?: readonly Modality[] | undefined
  readonly output?: readonly Modality[] | undefined
  /** The model answers 400 to these settings, except to their default values. */
  readonly refuses?: readonly Parameter[] | undefined
  /** The same, but only in calls that ask for reasoning. */
  readonly refusesWhileReasoning?: readonly Parameter[] | undefined
  /** `adaptive`: Anthropic's models that refuse a thinking budget and take an effort instead. */
  readonly thinking?: 'budget' | 'adaptive' | undefined
  readonly price?: ModelPrice | undefined
}

/** Facts by the model's plain name, as plainNames gives it. */
export type FactsTable = Readonly<Record<string, ModelFacts>>
