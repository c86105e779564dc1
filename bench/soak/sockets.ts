import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What a process holds open, as the kernel sees it. */
export interface Open {
  readonly descriptors: number
  /** Connections that came to its port. */
  readonly fromClients: number
  /** Connections that it made to another port. */
  readonly toVendors: number
}

/** As /proc/net/tcp has it: of a socket that waits for connections. */
const LISTENING = '0A'

export function openOf(pid: number, port: number, vendorPort: number): Open {
  const links = linksOf(pid)
  const inodes = new Set(links.map(link => /^socket:\[(\d+)\]$/.exec(link)?.[1]))
  const held = readTable(pid).filter(({ inode, state }) => inodes.has(inode) && state !== LISTENING)
  return {
    descriptors: links.length,
    fromClients: held.filter(({ local }) => local === port).length,
    toVendors: held.filter(({ remote }) => remote === vendorPort).length,
  }
}

function linksOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap(descriptor => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${descriptor}`)]
    } catch {
      // Closed since the folder was read.
      return []
    }
  })
}

function readTable(pid: number): { local: number; remote: number; state: string | undefined; inode: string }[] {
  const [, ...lines] = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').trim().split('\n')
  return lines.map(line => {
    const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/)
    return { local: portOf(local), remote: portOf(remote), state, inode }
  })
}

/** The port of an address such as `0100007F:1F90`. */
function portOf(address: string): number {
  return Number.parseInt(address.slice(address.indexOf(':') + 1), 16)
}
