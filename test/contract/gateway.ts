import { startGateway } from '../helper.ts'
import { type Handler, type Piece, type SeenRequest, startUpstream, whole } from '../upstream.ts'
import { cutsOf } from './cuts.ts'
import { vendorSettings } from './providers.ts'
import { DIALECTS, type DialectName, labelOf, type Recording } from './recordings.ts'

export type Lane = 'pass' | 'translate'

/** One provider of the gateway, and what its vendor answers. */
export interface Part {
  /** Its name, 64 long at most. */
  readonly provider: string
  /** Its settings; `address` is an origin with a path in front of the vendor's own. */
  settings(address: string): object
  answer(cut: (body: Buffer) => Iterable<Piece>): Handler
}

/** The gateway in front of a vendor that answers every request with the recording of the provider that was asked. */
export interface Stage {
  readonly url: string
  /** The log line of the request with that id, as soon as it is over. */
  lineOf(requestId: string): Promise<Readonly<Record<string, unknown>>>
  /** The one request that the provider was sent. */
  seenBy(provider: string): SeenRequest | undefined
  close(): Promise<void>
}

/** A provider for each recording and client: a refused key or a limit of one must not cool down another. */
export function providerOf(recording: Recording, client: DialectName): string {
  return `${labelOf(recording)}.${DIALECTS.indexOf(client)}`
}

/** Each recording for each client. */
export function partsFor(recordings: readonly Recording[]): Part[] {
  return recordings.flatMap(recording =>
    DIALECTS.map(client => ({
      provider: providerOf(recording, client),
      settings: address => vendorSettings(recording, client, address),
      answer: recording.answer,
    })),
  )
}

/** Starts both on free ports. Each answer is cut at random places, the same in every run. */
export async function startStage(parts: readonly Part[]): Promise<Stage> {
  const seen = new Map<string, SeenRequest>()
  const answers = new Map(
    parts.map(({ provider, answer }) => [provider, answer(body => cutsOf(body, provider))] as const),
  )
  const upstream = await startUpstream((request, response) => {
    const provider = providerIn(request.url)
    seen.set(provider, request)
    const answer = answers.get(provider) ?? whole('no such recording', { status: 500 })
    return answer(request, response)
  })
  const providers = Object.fromEntries(
    parts.map(({ provider, settings }) => [provider, settings(`${upstream.url}/${provider}`)]),
  )
  const gateway = await startGateway({ providers }).catch(async error => {
    await upstream.close()
    throw error
  })
  return {
    url: gateway.url,
    lineOf: id => gateway.logged(line => line.msg === 'request' && line.id === id),
    seenBy: provider => seen.get(provider),
    async close() {
      await gateway.close()
      await upstream.close()
    },
  }
}

function providerIn(url: string): string {
  return url.split('/')[1] ?? ''
}
