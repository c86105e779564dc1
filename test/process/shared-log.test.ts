import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

test('lines of several processes on one pipe are whole, however fast they come', async (t: TestContext) => {
  const fellow = `'${process.execPath}' '${join(import.meta.dirname, 'fellow.ts')}'`
  // Node's own pipes to its children are sockets; `dd` has one as a container's log has, and leaves it full by small steps.
  const { stdout } = await run('sh', ['-c', `(${fellow} & ${fellow} & wait) | dd bs=512 status=none`], {
    maxBuffer: 64 * 1024 * 1024,
  })
  const lines = stdout.trimEnd().split('\n')
  t.assert.equal(lines.length, 2 * 8_000)
  const pids = lines.map(line => (JSON.parse(line) as { pid: number }).pid)
  t.assert.equal(new Set(pids).size, 2)
})
