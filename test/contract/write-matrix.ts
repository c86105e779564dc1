import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { partsFor, startStage } from './gateway.ts'
import { matrixPage } from './matrix-page.ts'
import { type PlainRecording, readPlainRecordings } from './plain-recordings.ts'
import { performPlain, plainPairs, plainPart } from './plain-run.ts'
import { DIALECTS, labelOf, type Recording, readRecordings } from './recordings.ts'
import { perform } from './run.ts'
import { Tally } from './tally.ts'

/** Prints the matrix and writes docs/matrix.md, over the recordings of the folder that RECORDINGS names. */
const folder = process.env.RECORDINGS
if (folder === undefined) throw new Error('RECORDINGS has to name a folder of recordings')

const conversations = readRecordings(folder)
const spoken = new Tally<Recording>()
const plain = readPlainRecordings(folder)
const pairs = plainPairs(plain)
const measured = new Tally<PlainRecording>()
const stage = await startStage([...partsFor(conversations), ...pairs.map(plainPart)])
for (const recording of conversations) {
  for (const client of DIALECTS) {
    await attempt(spoken, client, recording, `${labelOf(recording)}, asked for in ${client}`, () =>
      perform(stage, recording, client),
    )
  }
}
for (const pair of pairs) {
  const { recording, client } = pair
  await attempt(measured, client.title, recording, `${recording.id}, asked for by clients of ${client.title}`, () =>
    performPlain(stage, pair),
  )
}
await stage.close()

const page = matrixPage({ recordings: conversations, tally: spoken }, { recordings: plain, tally: measured })
process.stdout.write(page)
writeFileSync(join(import.meta.dirname, '../../docs/matrix.md'), page)

/** What fails is told and not counted. */
async function attempt<Recorded extends { readonly id: string }>(
  tally: Tally<Recorded>,
  client: string,
  recording: Recorded,
  title: string,
  exchange: () => Promise<void>,
): Promise<void> {
  try {
    await exchange()
    tally.add(client, recording)
  } catch (error) {
    process.stderr.write(`${title}: ${error}\n`)
  }
}
