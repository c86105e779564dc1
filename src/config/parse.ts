import { Composer, type CST, type Document, Lexer, type LineCounter, Parser, YAMLParseError } from 'yaml'
import type { Steps } from '../steps.ts'

/** Words and signs that are read in one step: a few ms' worth. A file of 400 models has 50,000. */
const LEXEMES_A_STEP = 2_000

/**
 * As `parseDocument` of the same package, in steps: by far the longest part of reading a configuration. `lines` is told where
 * lines begin. What is wrong with the text stands in the document's errors and warnings.
 */
export function* parseInSteps(text: string, lines: LineCounter): Steps<Document.Parsed> {
  const tokens = yield* tokensOf(text, lines)
  yield
  const composer = new Composer({ prettyErrors: false, resolveKnownTags: false, stringKeys: true })
  const [document, another] = composer.compose(tokens, true, text.length) as Iterable<Document.Parsed>
  if (document === undefined) throw new Error('The composer was told to make a document and made none')
  if (another !== undefined) {
    const [start, end] = another.range
    document.errors.push(new YAMLParseError([start, end], 'MULTIPLE_DOCS', 'Source contains multiple documents'))
  }
  return document
}

function* tokensOf(text: string, lines: LineCounter): Steps<CST.Token[]> {
  const parser = new Parser(lines.addNewLine)
  const tokens: CST.Token[] = []
  lines.addNewLine(0)
  let ahead = LEXEMES_A_STEP
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme))
    ahead -= 1
    if (ahead > 0) continue
    ahead = LEXEMES_A_STEP
    yield
  }
  tokens.push(...parser.end())
  return tokens
}
