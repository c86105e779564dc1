import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../config/config.ts'
import { type Finding, ok, problem } from './finding.ts'

const ANSWER_LIMIT = 2_000
const EVERY_ADDRESS = new Set(['0.0.0.0', '::'])

/** Whether both listeners could listen, or belong to a gateway that runs already. */
export function checkListeners({ listen, ops }: Pick<Config, 'listen' | 'ops'>): Promise<Finding[]> {
  return Promise.all([checkListener('listen', listen), checkListener('ops', ops)])
}

async function checkListener(
  name: 'listen' | 'ops',
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Finding> {
  const subject = `${name} ${host}:${port}`
  if (port === 0) return ok(subject, 'takes a free port')
  const code = await tryToListen(host, port)
  if (code === undefined) return ok(subject, 'free')
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return problem(subject, `no address of this machine: change ${name}.host`)
  if (code === 'EACCES') return problem(subject, `not for this user to open: take ${name}.port from 1024 up`)
  if (code !== 'EADDRINUSE') return problem(subject, `cannot be opened (${code})`)
  if (await isOurs(`http://${addressOf(host)}:${port}/`)) return ok(subject, 'a gateway has it already')
  return problem(subject, `in use by another program: end it, or change ${name}.port`)
}

/** The code of the error; undefined where it can be done. */
async function tryToListen(host: string, port: number): Promise<string | undefined> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown'
  } finally {
    server.close()
  }
}

function addressOf(host: string): string {
  if (EVERY_ADDRESS.has(host)) return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

/** A gateway refuses a path that it does not have with an error of ours. No key is shown: it may be another program. */
async function isOurs(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(ANSWER_LIMIT) })
    const { error } = (await response.json()) as { error?: { code?: unknown } }
    return typeof error?.code === 'string' && error.code.startsWith('SLUICE_')
  } catch {
    return false
  }
}
