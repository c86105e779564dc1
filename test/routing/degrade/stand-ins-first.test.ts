import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Operation } from '../../../src/call/call.ts'
import { standInsFirstStep } from '../../../src/routing/degrade/stand-ins-first.ts'
import type { Step } from '../../../src/routing/degrade/steps.ts'

const SHORT: Step = { name: 'short', maxTokens: 512 }
const SMALLER: Step = { name: 'smaller', degradeTo: true }
const OFF: Step = { name: 'off', maxTokens: 1, degradeTo: false }

const CASES: readonly (readonly [string, Operation, readonly Step[], string | undefined])[] = [
  ['a chat goes elsewhere first', 'chat', [SMALLER], 'smaller'],
  ['a response does', 'responses', [SMALLER], 'smaller'],
  ['a text completion does', 'completions', [SMALLER], 'smaller'],
  ['the step is found behind others', 'chat', [SHORT, SMALLER], 'smaller'],
  ['a step that is not due is not taken', 'chat', [], undefined],
  ['other steps send nobody elsewhere', 'chat', [SHORT, OFF], undefined],
  ['vectors are not mixed', 'embeddings', [SMALLER], undefined],
  ["Google's vectors neither", 'google-embed', [SMALLER], undefined],
  ['tokens are counted by the model that was named', 'google-count-tokens', [SMALLER], undefined],
  ['a picture is drawn by the model that was named', 'image-generation', [SMALLER], undefined],
]
for (const [name, operation, due, step] of CASES) {
  test(name, () => assert.equal(standInsFirstStep(operation, due)?.name, step))
}
