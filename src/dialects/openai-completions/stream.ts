import type { Call } from '../../call/call.ts'
import type { Event } from '../../call/event.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { EventReader, EventWriter, Frame } from '../dialect.ts'
import { isObject } from '../openai-chat/members.ts'
import { ChatEventReader } from '../openai-chat/stream-read.ts'
import { ChatEventWriter } from '../openai-chat/stream-write.ts'
import { parseJson } from '../parse-json.ts'
import { StreamLosses } from '../stream-losses.ts'
import { toChatChoice, toTextChoice } from './members.ts'

/** Reads the chunks of a streamed text completion. */
export class CompletionEventReader implements EventReader {
  readonly #chat = new ChatEventReader()

  push(frame: Frame): Event[] {
    return this.#chat.push(mapChoices(frame, choice => toChatChoice(choice, 'delta'), 'chat.completion.chunk'))
  }

  end(): Event[] {
    return this.#chat.end()
  }
}

/** Writes events as chunks of a streamed text completion. */
export class CompletionEventWriter implements EventWriter {
  readonly #chat: ChatEventWriter
  readonly #losses = new StreamLosses()

  constructor(call: Call) {
    this.#chat = new ChatEventWriter(call)
  }

  get losses(): readonly Loss[] {
    return [...this.#chat.losses, ...this.#losses.list]
  }

  push(event: Event): Frame[] {
    const losses: Loss[] = []
    const frames = this.#chat
      .push(event)
      .map(frame => mapChoices(frame, choice => toTextChoice(choice, 'delta', losses), 'text_completion'))
    this.#losses.add(losses)
    return frames
  }

  end(): Frame[] {
    return this.#chat.end()
  }
}

/** A frame with its choices in another shape; one without choices as it is: an error, a terminator, what is no JSON. */
function mapChoices(frame: Frame, map: (choice: Json) => Json, object: string): Frame {
  const chunk = parseJson(frame.data)
  if (!isObject(chunk) || !Array.isArray(chunk.choices)) return frame
  return { ...frame, data: JSON.stringify({ ...chunk, object, choices: chunk.choices.map(map) }) }
}
