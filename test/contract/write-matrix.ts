import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startStage } from './gateway.ts'
import { Matrix } from './matrix.ts'
import { DIALECTS, readRecordings } from './recordings.ts'
import { perform } from './run.ts'

/** Prints the matrix and writes docs/matrix.md, over the recordings of the folder that RECORDINGS names. */
const folder = process.env.RECORDINGS
if (folder === undefined) throw new Error('RECORDINGS has to name a folder of recordings')

const recordings = readRecordings(folder)
const matrix = new Matrix()
const stage = await startStage(recordings)
for (const recording of recordings) {
  for (const client of DIALECTS) {
    try {
      await perform(stage, recording, client)
      matrix.add(client, recording)
    } catch (error) {
      process.stderr.write(`${recording.id}, asked for in ${client}: ${error}\n`)
    }
  }
}
await stage.close()

const page = matrix.page(recordings)
process.stdout.write(page)
writeFileSync(join(import.meta.dirname, '../../docs/matrix.md'), page)
