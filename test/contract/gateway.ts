import { startGateway } from '../helper.ts'
import { type Handler, type SeenRequest, startUpstream, type Upstream, whole } from '../upstream.ts'
import { cutsOf } from './cuts.ts'
import type { Recording } from './recordings.ts'

export type Lane = 'pass' | 'translate'

/** The gateway in front of a vendor that answers every request with the recording of the provider that was asked. */
export interface Stage {
  readonly url: string
  /** The log line of the request with that id, as soon as it is over. */
  lineOf(requestId: string): Promise<Readonly<Record<string, unknown>>>
  /** The one request that the provider of this recording and lane was sent. */
  seenBy(recording: Recording, lane: Lane): SeenRequest | undefined
  close(): Promise<void>
}

/** A provider for each recording and lane: a refused key or a limit of one must not cool down another. */
export function providerOf({ id }: Recording, lane: Lane): string {
  return `${id}-${lane}`
}

export const LANES: readonly Lane[] = ['pass', 'translate']

/** Starts both on free ports. Each answer is cut at random places, the same in every run. */
export async function startStage(recordings: readonly Recording[]): Promise<Stage> {
  const answers = new Map<string, Handler>()
  for (const recording of recordings) {
    for (const lane of LANES) {
      const provider = providerOf(recording, lane)
      answers.set(
        provider,
        recording.answer(body => cutsOf(body, provider)),
      )
    }
  }
  const upstream = await startUpstream((request, response) => {
    const answer = answers.get(providerIn(request.url)) ?? whole('no such recording', { status: 500 })
    return answer(request, response)
  })
  const gateway = await startGateway({ providers: providersFor(recordings, upstream) }).catch(async error => {
    await upstream.close()
    throw error
  })
  return {
    url: gateway.url,
    lineOf: id => gateway.logged(line => line.msg === 'request' && line.id === id),
    seenBy: (recording, lane) => upstream.requests.find(({ url }) => providerIn(url) === providerOf(recording, lane)),
    async close() {
      await gateway.close()
      await upstream.close()
    },
  }
}

function providerIn(url: string): string {
  return url.split('/')[1] ?? ''
}

/** Azure speaks OpenAI's dialect and has no type of its own. */
const TYPES: Readonly<Record<string, string>> = { azure: 'openai-compatible' }

function providersFor(recordings: readonly Recording[], upstream: Upstream): Record<string, object> {
  const pairs = recordings.flatMap(recording => LANES.map(lane => ({ recording, name: providerOf(recording, lane) })))
  return Object.fromEntries(
    pairs.map(({ recording: { vendor }, name }) => [
      name,
      { type: TYPES[vendor] ?? vendor, apiKey: 'the-gateways-own', baseUrl: `${upstream.url}/${name}/v1` },
    ]),
  )
}
