import { PLAIN_CLIENTS } from './plain-clients.ts'
import { embeddedOf } from './plain-oracle.ts'
import type { PlainRecording } from './plain-recordings.ts'
import type { Feature, Tally } from './tally.ts'

const FEATURES: readonly Feature<PlainRecording>[] = [
  ['all', () => true],
  ['several texts', recording => embeddedOf(recording).texts.length > 1],
  ['dimensions', recording => embeddedOf(recording).dimensions !== undefined],
  ['errors', ({ status }) => status !== 200],
]

/** A section for each client, of the vendors whose recordings it can be answered with. */
export function plainSections(tally: Tally<PlainRecording>, recordings: readonly PlainRecording[]): string[] {
  return PLAIN_CLIENTS.map(({ title, suits }) => {
    const rows = tally.table(title, recordings.filter(suits), ({ vendor, api }) => `${vendor} (${api})`, FEATURES)
    return `### Clients of ${title}\n\n${rows}\n`
  })
}
