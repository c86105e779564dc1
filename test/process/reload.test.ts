import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { addressesOf, startProcess } from './sluice.ts'

const SIM = 'providers: { sim: {} }\n'
const WITH_CHAT = `${SIM}models: { chat: { targets: [ { provider: sim, model: echo } ] } }\n`

test('C22: SIGHUP has the configuration read again, and ends nothing', async (t: TestContext) => {
  const started = startProcess(t, [], { files: { 'sluice.yaml': SIM } })
  const { opsUrl } = await addressesOf(started)
  started.kill('SIGHUP')
  await started.wrote(/"result":"unchanged"/)
  const metrics = await (await fetch(`${opsUrl}/metrics`)).text()
  t.assert.match(metrics, /sluice_config_reloads_total\{result="unchanged"\} 1/)
  started.kill('SIGTERM')
  t.assert.equal(await started.exit, 0)
})

test('a change of the file is in force without a signal, and one that cannot be is explained by file, line and column', async (t: TestContext) => {
  const started = startProcess(t, [], { files: { 'sluice.yaml': SIM } })
  const { url } = await addressesOf(started)
  const file = join(started.directory, 'sluice.yaml')
  writeFileSync(file, WITH_CHAT)
  await started.wrote(/"result":"applied"/)
  t.assert.match(await (await fetch(`${url}/v1/models`)).text(), /"chat"/)
  writeFileSync(file, `${WITH_CHAT}modls: {}\n`)
  await started.wrote(/"reason":"sluice\.yaml:3:1 unknown key/)
  t.assert.match(await (await fetch(`${url}/v1/models`)).text(), /"chat"/)
})

test('without a file at the start, one that appears is read', async (t: TestContext) => {
  const started = startProcess(t, [])
  const { url } = await addressesOf(started)
  writeFileSync(join(started.directory, 'sluice.yaml'), WITH_CHAT)
  await started.wrote(/"result":"applied"/)
  t.assert.match(await (await fetch(`${url}/v1/models`)).text(), /"chat"/)
})
