import { startGateway } from '../helper.ts'
import { type Handler, type SeenRequest, startUpstream, whole } from '../upstream.ts'
import { cutsOf } from './cuts.ts'
import { vendorSettings } from './providers.ts'
import { DIALECTS, type DialectName, type Recording } from './recordings.ts'

export type Lane = 'pass' | 'translate'

/** The gateway in front of a vendor that answers every request with the recording of the provider that was asked. */
export interface Stage {
  readonly url: string
  /** The log line of the request with that id, as soon as it is over. */
  lineOf(requestId: string): Promise<Readonly<Record<string, unknown>>>
  /** The one request that the provider of this recording and client was sent. */
  seenBy(recording: Recording, client: DialectName): SeenRequest | undefined
  close(): Promise<void>
}

/** A provider for each recording and client: a refused key or a limit of one must not cool down another. Names are 64 long at most. */
export function providerOf({ id }: Recording, client: DialectName): string {
  return `${id}.${DIALECTS.indexOf(client)}`
}

/** Starts both on free ports. Each answer is cut at random places, the same in every run. */
export async function startStage(recordings: readonly Recording[]): Promise<Stage> {
  const seen = new Map<string, SeenRequest>()
  const answers = new Map<string, Handler>()
  const providers: Record<string, object> = {}
  const upstream = await startUpstream((request, response) => {
    const provider = providerIn(request.url)
    seen.set(provider, request)
    const answer = answers.get(provider) ?? whole('no such recording', { status: 500 })
    return answer(request, response)
  })
  for (const recording of recordings) {
    for (const client of DIALECTS) {
      const provider = providerOf(recording, client)
      providers[provider] = vendorSettings(recording, client, `${upstream.url}/${provider}`)
      answers.set(
        provider,
        recording.answer(body => cutsOf(body, provider)),
      )
    }
  }
  const gateway = await startGateway({ providers }).catch(async error => {
    await upstream.close()
    throw error
  })
  return {
    url: gateway.url,
    lineOf: id => gateway.logged(line => line.msg === 'request' && line.id === id),
    seenBy: (recording, client) => seen.get(providerOf(recording, client)),
    async close() {
      await gateway.close()
      await upstream.close()
    },
  }
}

function providerIn(url: string): string {
  return url.split('/')[1] ?? ''
}
