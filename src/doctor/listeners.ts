import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../config/config.ts'
import { type Finding, ok, problem } from './finding.ts'

const ANSWER_LIMIT = 2_000
const EVERY_ADDRESS = new Set(['0.0.0.0', '::'])

/** Whether both listeners could listen, or belong to a gateway that runs already. */
export function checkListeners({ listen, ops }: Pick<Config, 'listen' | 'ops'>): Promise<Finding[]> {
  const authorization: Record<string, string> = ops.key === undefined ? {} : { authorization: `Bearer ${ops.key}` }
  return Promise.all([
    checkListener('listen', listen, '/health/live', {}),
    checkListener('ops', ops, '/admin/v1/config', authorization),
  ])
}

/** `path` is what a gateway that has the port answers with 200 and JSON. */
async function checkListener(
  name: 'listen' | 'ops',
  { host, port }: { readonly host: string; readonly port: number },
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Finding> {
  const subject = `${name} ${host}:${port}`
  if (port === 0) return ok(subject, 'takes a free port')
  const code = await tryToListen(host, port)
  if (code === undefined) return ok(subject, 'free')
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return problem(subject, `no address of this machine: change ${name}.host`)
  if (code === 'EACCES') return problem(subject, `not for this user to open: take ${name}.port from 1024 up`)
  if (code !== 'EADDRINUSE') return problem(subject, `cannot be opened (${code})`)
  if (await isOurs(`http://${addressOf(host)}:${port}${path}`, headers)) return ok(subject, 'a gateway has it already')
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

/** Another program may answer as well, or hold the connection open: only our own members count. */
async function isOurs(url: string, headers: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(ANSWER_LIMIT) })
    const answer = (await response.json()) as Record<string, unknown>
    return response.status === 200 && (answer.status === 'ok' || 'needsRestart' in answer)
  } catch {
    return false
  }
}
