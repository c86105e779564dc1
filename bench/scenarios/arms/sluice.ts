import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort, startGateway } from '../../processes.ts'
import { gatewayConfig, MODEL } from '../gateway-config.ts'
import type { Arm } from './arm.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

/** Clients that are nothing but HTTP and try once; the gateway does the rest. */
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
    return { client: { kind: 'http', url, model: MODEL }, pids: [pid] }
  },
}
