import type { Operation, PlainOperation } from './call.ts'

interface Nature {
  /** The client may send a form, with a file in it. */
  readonly form?: true
  /** The answer may be of any media type (audio, subtitles), and is relayed as it arrives. */
  readonly bytes?: true
}

const PLAIN: Readonly<Record<PlainOperation, Nature>> = {
  embeddings: {},
  moderations: {},
  rerank: {},
  'image-generation': {},
  'image-edit': { form: true },
  'image-variation': { form: true },
  speech: { bytes: true },
  transcription: { form: true, bytes: true },
  translation: { form: true, bytes: true },
}

export function isPlain(operation: Operation): operation is PlainOperation {
  return Object.hasOwn(PLAIN, operation)
}

export function takesForm(operation: Operation): boolean {
  return isPlain(operation) && PLAIN[operation].form === true
}

export function answersBytes(operation: Operation): boolean {
  return isPlain(operation) && PLAIN[operation].bytes === true
}
