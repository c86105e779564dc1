import { setImmediate } from 'node:timers/promises'
import type { Envelope } from './envelope.ts'
import type { Passage } from './passage.ts'

/** Bytes from which reading a call takes long enough (some ms) that others should have their turn before it is written. */
const LARGE = 2 ** 20

/**
 * Prepares a call for a vendor. One that is large and will be translated is read in a turn of the event loop, and written in a later
 * one: together they keep it for more than 100 ms at 10 MB. Throws, or rejects, as `prepare` does.
 */
export function inTurns(envelope: Envelope, translated: boolean, prepare: () => Passage): Passage | Promise<Passage> {
  return translated && envelope.size >= LARGE ? readFirst(envelope, prepare) : prepare()
}

async function readFirst(envelope: Envelope, prepare: () => Passage): Promise<Passage> {
  await setImmediate()
  // What is wrong with it is thrown when it is prepared.
  envelope.read()
  await setImmediate()
  return prepare()
}
