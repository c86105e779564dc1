import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { ROOT } from '../source-tree.ts'
import { type Part, partsFor, type Stage, startStage } from './gateway.ts'
import { combinationsIn } from './matrix.ts'
import { matrixPage } from './matrix-page.ts'
import { type PlainRecording, readPlainRecordings } from './plain-recordings.ts'
import { performPlain, plainPairs, plainPart } from './plain-run.ts'
import { readFiles } from './recording-files.ts'
import { DIALECTS, labelOf, type Recording, readRecordings } from './recordings.ts'
import { perform } from './run.ts'
import { readSamples } from './samples.ts'
import { Tally } from './tally.ts'

const folder = process.env.RECORDINGS
/** An exchange takes milliseconds; one that never ends fails. */
const PATIENCE = { timeout: 60_000 }
const PROMISE = 'every official client reads what the vendor said, whichever dialect it speaks'

suite(`${PROMISE}: own samples`, () => {
  converse(readSamples())
})
if (folder === undefined) {
  test(`${PROMISE}: every recording`, { skip: 'RECORDINGS is not set' })
  test('no recording in the folder is left out', { skip: 'RECORDINGS is not set' })
  test('docs/matrix.md holds what has passed', { skip: 'RECORDINGS is not set' })
} else {
  suite(`${PROMISE}: every recording`, () => {
    const conversations = readRecordings(folder)
    const spoken = converse(conversations)
    const plain = readPlainRecordings(folder)
    const measured = embedAndCount(plain)
    test('all combinations were met, with streams and without', () => {
      assert.equal(combinationsIn(spoken), 2 * DIALECTS.length ** 2)
    })
    test('no recording in the folder is left out', () => {
      const passed = new Set([...spoken.ids, ...measured.ids])
      const left = readFiles(folder).filter(({ id }) => !passed.has(id))
      assert.deepEqual(
        left.map(({ id, api }) => `${id}: ${api}`),
        [],
      )
    })
    test('docs/matrix.md holds what has passed', () => {
      const page = readFileSync(join(ROOT, 'docs/matrix.md'), 'utf8')
      const passed = matrixPage({ recordings: conversations, tally: spoken }, { recordings: plain, tally: measured })
      assert.equal(page, passed, '`npm run matrix` writes it')
    })
  })
}

/** Each recording, asked for in its own dialect (pass lane) and in all others (translate lane). */
function converse(recordings: readonly Recording[]): Tally<Recording> {
  const tally = new Tally<Recording>()
  const stage = stageOf(() => partsFor(recordings))
  for (const recording of recordings) {
    for (const client of DIALECTS) {
      test(`${labelOf(recording)}, asked for in ${client}`, PATIENCE, async () => {
        await perform(stage(), recording, client)
        tally.add(client, recording)
      })
    }
  }
  return tally
}

/** Each recording of embeddings or a count, for each client that it can answer. */
function embedAndCount(recordings: readonly PlainRecording[]): Tally<PlainRecording> {
  const tally = new Tally<PlainRecording>()
  const pairs = plainPairs(recordings)
  const stage = stageOf(() => pairs.map(plainPart))
  for (const pair of pairs) {
    test(`${pair.recording.id}, asked for by clients of ${pair.client.title}`, PATIENCE, async () => {
      await performPlain(stage(), pair)
      tally.add(pair.client.title, pair.recording)
    })
  }
  return tally
}

/** The stage of the suite, from its beginning to its end. */
function stageOf(parts: () => readonly Part[]): () => Stage {
  let stage: Stage | undefined
  before(async () => {
    stage = await startStage(parts())
  })
  after(() => stage?.close())
  return () => {
    assert.ok(stage)
    return stage
  }
}
