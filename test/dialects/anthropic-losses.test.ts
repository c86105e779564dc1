import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { anthropic } from '../../src/dialects/anthropic/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { isSluiceError } from '../../src/errors.ts'
import { checkNothingVanished } from './laws.ts'

const folder = join(import.meta.dirname, '../fixtures/openai-chat/requests')

/** Members whose values are form, or are said in another word at Anthropic. */
const FORM = [
  /(^|\.)(type|role|\$role|tool_choice|effort|reasoning_effort|detail)$/,
  /^response_format\.json_schema\.name$/,
  // The source's media type and encoding stand in the data URL.
  /\.image_url(\.url)?$/,
  // The same words stand in `reasoning_details`, which wins.
  /^messages\.3\.reasoning$/,
]
const EXCEPT = new RegExp(FORM.map(form => form.source).join('|'))

for (const file of readdirSync(folder)) {
  test(`nothing of the OpenAI request ${file} vanishes on its way to Anthropic without a loss`, t => {
    const json = JSON.parse(readFileSync(join(folder, file), 'utf8')) as JsonObject
    const call = openaiChat.readRequest({ json })
    let written: ReturnType<typeof anthropic.writeRequest>
    try {
      written = anthropic.writeRequest(call)
    } catch (error) {
      assert.ok(isSluiceError(error))
      t.diagnostic(`refused: ${error.message}`)
      return
    }
    checkNothingVanished(json as Json, written.body as Json, written.losses, EXCEPT)
  })
}
