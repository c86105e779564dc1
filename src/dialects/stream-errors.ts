import type { Event } from '../call/event.ts'

/** The event of a stream whose bytes ended before the answer did. */
export function cutStream(): Event {
  const message = 'The vendor closed the stream before the answer was complete.'
  return { type: 'error', fault: { kind: 'network', status: 502, message } }
}

/** The event of a stream that a reader cannot understand; `what` says what came. */
export function unreadableStream(what: string): Event {
  const message = `The vendor sent ${what}.`
  return { type: 'error', fault: { kind: 'upstream', status: 502, message }, unread: true }
}
