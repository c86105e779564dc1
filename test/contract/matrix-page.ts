import { conversationSections } from './matrix.ts'
import { plainSections } from './plain-matrix.ts'
import type { PlainRecording } from './plain-recordings.ts'
import type { Recording } from './recordings.ts'
import type { Tally } from './tally.ts'

/** All recordings of a kind, and those of them that have passed. */
interface Judged<Recorded extends { readonly id: string }> {
  readonly recordings: readonly Recorded[]
  readonly tally: Tally<Recorded>
}

/** docs/matrix.md, whole. */
export function matrixPage(conversations: Judged<Recording>, plain: Judged<PlainRecording>): string {
  const sections = [
    HEAD,
    ...conversationSections(conversations.tally, conversations.recordings),
    PLAIN_HEAD,
    ...plainSections(plain.tally, plain.recordings),
  ]
  return sections.join('\n')
}

const HEAD = `# The translation matrix

Written by \`npm run matrix\`; a test holds it. Each figure counts recordings of real vendor traffic that passed: a loopback server answers
as the vendor once did, its answer cut at random places; the official client of the dialect in the heading asks a listening gateway;
and what the client makes of the answer (text, tool calls with their ids, reasoning and its signatures, the reason of the end, usage)
is what the vendor said, read from the recording by code that the gateway has no part in. What the vendor was asked is what the client
asked. What a dialect cannot say is a reported loss ([losses.md](losses.md)), and each one is compared with the report.

A column counts the recordings that are about its feature, \`-\` where there is none; \`3/4\` would say that one of four failed. A client of
the vendor's own dialect reads the vendor's bytes. No recording is left out: a test compares the figures with the folder.

A vendor that is asked in several ways has a row for each. Azure's answers are asked for by its v1 API, by its older API with the
deployment in the path, and by the one for models of all makers. \`bedrock, invoke\` is Claude as Bedrock's InvokeModel has it: the
gateway asks Bedrock for chats by Converse alone, so AWS's framing was taken off these, and Anthropic's reader reads what is inside.
`

const PLAIN_HEAD = `## Embeddings and counts of tokens

The client reads the vectors and the count of tokens that the vendor gave; the vendor was asked at the recorded path for what is in
the recorded request, member by member. A client of embeddings is answered by every vendor that has them, in whatever form: of those
with OpenAI's own form it is given the recordings in its encoding. Google's way of asking for embeddings and Anthropic's of counting
tokens go to vendors of that form alone: elsewhere the one is refused by name, the other estimated. No count of Google's was recorded.
`
