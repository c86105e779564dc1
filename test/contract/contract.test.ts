import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { checkExchange } from './checks.ts'
import { ask } from './clients.ts'
import { LANES, type Lane, type Stage, startStage } from './gateway.ts'
import { type DialectName, type Recording, readRecordings } from './recordings.ts'
import { requestIn } from './requests.ts'
import { readSamples } from './samples.ts'
import { Tally } from './tally.ts'

const folder = process.env.RECORDINGS
/** An exchange takes milliseconds; one that never ends fails. */
const PATIENCE = { timeout: 20_000 }
const PROMISE = 'both official clients read what the vendor said, whichever dialect it speaks'

suite(`${PROMISE}: own samples`, () => contract(readSamples()))
if (folder === undefined) test(`${PROMISE}: every recording`, { skip: 'RECORDINGS is not set' })
else suite(`${PROMISE}: every recording`, () => contract(readRecordings(folder)))

/** Each recording, asked for in its own dialect (pass lane) and in the other one (translate lane). */
function contract(recordings: readonly Recording[]): void {
  const tally = new Tally()
  let stage: Stage | undefined
  before(async () => {
    stage = await startStage(recordings)
  })
  after(() => stage?.close())

  for (const recording of recordings) {
    for (const lane of LANES) {
      const client = clientFor(recording, lane)
      test(`${recording.id}, asked for in ${client}`, PATIENCE, async () => {
        assert.ok(stage)
        await perform(stage, recording, lane, client)
        tally.add(client, recording)
      })
    }
  }

  test('all four combinations were met, with streams and without', t => {
    tally.checkCombinations()
    for (const line of tally.lines()) t.diagnostic(line)
  })
}

function clientFor({ dialect }: Recording, lane: Lane): DialectName {
  if (lane === 'pass') return dialect
  return dialect === 'anthropic' ? 'openai-chat' : 'anthropic'
}

async function perform(stage: Stage, recording: Recording, lane: Lane, client: DialectName): Promise<void> {
  const asked = requestIn(client, recording, lane)
  const heard = await ask(client, stage.url, asked, recording.stream)
  const line = await stage.lineOf(heard.headers.get('x-request-id') ?? '')
  await checkExchange({ recording, lane, client, asked, heard, line, seen: stage.seenBy(recording, lane) })
}
