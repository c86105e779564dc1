import { BlockList, isIP } from 'node:net'

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
