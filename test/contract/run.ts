import assert from 'node:assert/strict'
import { checkExchange } from './checks.ts'
import { ask } from './clients.ts'
import { type Lane, providerOf, type Stage } from './gateway.ts'
import type { DialectName, Recording } from './recordings.ts'
import { questionIn } from './requests.ts'

/** Asks for the recording with the official client of the dialect and checks all that is promised of the answer. */
export async function perform(stage: Stage, recording: Recording, client: DialectName): Promise<void> {
  const lane: Lane = client === recording.dialect ? 'pass' : 'translate'
  const asked = questionIn(client, recording, stage.url)
  const heard = await ask(client, asked)
  const id = heard.headers.get('x-request-id')
  assert.ok(id, `the gateway was asked: ${heard.error?.message}`)
  const line = await stage.lineOf(id)
  const seen = stage.seenBy(providerOf(recording, client))
  await checkExchange({ recording, lane, client, asked, heard, line, seen })
}
