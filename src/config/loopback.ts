import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { NotLocal } from '../errors.ts'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

/** True for an address or name that only means this machine. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  const family = isIP(host)
  return family !== 0 && LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

/** True for a `Host` header (`name[:port]`, `[v6][:port]`) that names this machine. */
export function isLoopbackHost(header: string | undefined): boolean {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d+)?$/i.exec(header ?? '')
  const host = match?.[1] ?? match?.[2]
  return host !== undefined && isLoopback(host.toLowerCase())
}

/** Guards a listener without keys, which acts for its owner: neither other machines nor web pages may call it. Throws NotLocal. */
export function refuseStrangers({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): void {
  if (!isLoopbackHost(host)) throw NotLocal({}, 'the Host header names another one.')
  if (origin !== undefined || site === 'cross-site') throw NotLocal({}, 'web pages may not call it.')
}
