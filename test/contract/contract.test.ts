import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { ROOT } from '../source-tree.ts'
import { type Stage, startStage } from './gateway.ts'
import { Matrix } from './matrix.ts'
import { DIALECTS, type Recording, readRecordings } from './recordings.ts'
import { perform } from './run.ts'
import { readSamples } from './samples.ts'

const folder = process.env.RECORDINGS
/** An exchange takes milliseconds; one that never ends fails. */
const PATIENCE = { timeout: 20_000 }
const PROMISE = 'every official client reads what the vendor said, whichever dialect it speaks'

suite(`${PROMISE}: own samples`, () => {
  contract(readSamples())
})
if (folder === undefined) {
  test(`${PROMISE}: every recording`, { skip: 'RECORDINGS is not set' })
  test('docs/matrix.md holds what has passed', { skip: 'RECORDINGS is not set' })
} else {
  suite(`${PROMISE}: every recording`, () => {
    const recordings = readRecordings(folder)
    const matrix = contract(recordings)
    test('all combinations were met, with streams and without', () => {
      assert.equal(matrix.combinations, 2 * DIALECTS.length ** 2)
    })
    test('docs/matrix.md holds what has passed', () => {
      const page = readFileSync(join(ROOT, 'docs/matrix.md'), 'utf8')
      assert.equal(page, matrix.page(recordings), '`npm run matrix` writes it')
    })
  })
}

/** Each recording, asked for in its own dialect (pass lane) and in all others (translate lane). */
function contract(recordings: readonly Recording[]): Matrix {
  const matrix = new Matrix()
  let stage: Stage | undefined
  before(async () => {
    stage = await startStage(recordings)
  })
  after(() => stage?.close())

  for (const recording of recordings) {
    for (const client of DIALECTS) {
      test(`${recording.id}, asked for in ${client}`, PATIENCE, async () => {
        assert.ok(stage)
        await perform(stage, recording, client)
        matrix.add(client, recording)
      })
    }
  }
  return matrix
}
