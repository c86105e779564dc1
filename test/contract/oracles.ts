import { completionOf, saidByCompletion } from './chat-oracle.ts'
import { converseOf, saidByConverse } from './converse-oracle.ts'
import { generatedOf, saidByGenerated } from './gemini-oracle.ts'
import { messageOf, saidByMessage } from './messages-oracle.ts'
import { type DialectName, eventsOf, type Recording } from './recordings.ts'
import { responseOf, saidByResponse } from './responses-oracle.ts'
import { type Said, text, type Wire, wire } from './said.ts'

/** Knows what an answer of one dialect says, from the wire, by code that the gateway has no part in. */
interface Oracle {
  said(answer: Wire): Said
  /** The answer that the events of a stream add up to. */
  whole(events: readonly Wire[]): Wire
}

const ORACLES: Readonly<Record<DialectName, Oracle>> = {
  'openai-chat': { said: saidByCompletion, whole: completionOf },
  'openai-responses': { said: saidByResponse, whole: responseOf },
  anthropic: { said: saidByMessage, whole: messageOf },
  gemini: { said: saidByGenerated, whole: generatedOf },
  bedrock: { said: saidByConverse, whole: converseOf },
}

/** What the vendor said. */
export function recorded({ dialect, stream, bytes, body }: Recording): Said {
  const oracle = ORACLES[dialect]
  const answer = stream ? oracle.whole(eventsOf(bytes, dialect).map(wire)) : wire(JSON.parse(body))
  return oracle.said(answer)
}

/** The words of the error that the vendor's stream broke with, if it did. */
export function brokenBy({ dialect, stream, bytes }: Recording): string | undefined {
  const events = stream ? eventsOf(bytes, dialect).map(wire) : []
  return events.map(event => errorIn(dialect, event)).find(message => message !== undefined)
}

function errorIn(dialect: DialectName, event: Wire): string | undefined {
  const { message, error, response } = event
  if (dialect === 'bedrock') {
    const [[type, payload] = ['', undefined]] = Object.entries(event)
    return type.endsWith('Exception') ? text(wire(payload).message) : undefined
  }
  const told = wire(error ?? wire(response).error).message ?? (event.type === 'error' ? message : undefined)
  return typeof told === 'string' ? told : undefined
}
