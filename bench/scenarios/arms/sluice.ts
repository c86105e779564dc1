import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort, startGateway } from '../../processes.ts'
import { gatewayConfig } from '../gateway-config.ts'
import type { Arm } from './arm.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

/** The official client of OpenAI as it is, with another base URL: it still tries again by itself what it is told to. */
export const sluice: Arm = {
  name: 'sluice',
  absent: () => undefined,
  async start({ script, vendors, temporary, programs }) {
    const port = await freePort()
    const config = join(temporary, `sluice-${port}.yaml`)
    const allowed = { requestsPerSecond: script.limit, burst: script.limitBurst }
    writeFileSync(config, gatewayConfig({ port, vendors, allowed }))
    const { gateway } = await startGateway({ root: ROOT, config, port, temporary })
    const { url, pid } = programs.use(gateway)
    return { client: { kind: 'sdk', openai: url }, pids: [pid] }
  },
}
