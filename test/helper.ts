import { Writable } from 'node:stream'
import { type App, buildApp } from '../src/app.ts'
import type { ConfigSource } from '../src/config/source.ts'
import { loadText } from './load-text.ts'

/** A line of the gateway's log; `msg` is `request` for the one that every request leaves. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string; readonly level: number }

/** Metric values by name and labels as they are written: `api_requests_total{endpoint="/v1/messages",status="200"}`. */
export type Scrape = ReadonlyMap<string, number>

export interface GatewayOptions {
  /** What `${NAME}` in the configuration stands for; nothing of the process' own environment is seen. */
  readonly variables?: Readonly<Record<string, string>>
  readonly logLevel?: 'debug' | 'info'
  /** Where the configuration is read from, again and again, instead of the text. */
  readonly source?: ConfigSource
}

/** A gateway that listens, as the process would, on free ports of loopback. */
export interface Gateway {
  readonly url: string
  readonly opsUrl: string
  readonly app: App
  /** Everything logged so far. */
  readonly logs: readonly LogLine[]
  /** The log lines of requests that are over, in the order in which they ended. */
  readonly requests: readonly LogLine[]
  /** Waits until so many requests are over (from 1), returns the log line of that one. */
  ended(count: number): Promise<LogLine>
  /** Waits until a line that fits was logged. */
  logged(fits: (line: LogLine) => boolean): Promise<LogLine>
  metrics(): Promise<Scrape>
  /** Sends JSON (text as it is, an object serialised). */
  post(path: string, body: string | object, headers?: Readonly<Record<string, string>>): Promise<Response>
  close(): Promise<void>
}

/**
 * Starts a gateway on a configuration: YAML text, or the same as an object. It goes through the real loader, so what a file
 * could not hold is refused. Close it, or the test process stays.
 */
export async function startGateway(config: string | object, options: GatewayOptions = {}): Promise<Gateway> {
  const text = typeof config === 'string' ? config : JSON.stringify(config)
  const log = new Log()
  const { source } = options
  const app = await buildApp({
    config: source?.load() ?? (await loadText(text, { ...options.variables })),
    ...(source && { source }),
    logger: { level: options.logLevel ?? 'info', stream: log },
  })
  const [url, opsUrl] = await Promise.all([
    app.api.listen({ host: '127.0.0.1', port: 0 }),
    app.ops.listen({ host: '127.0.0.1', port: 0 }),
  ])
  return {
    url,
    opsUrl,
    app,
    logs: log.lines,
    get requests() {
      return log.lines.filter(isRequest)
    },
    ended: count => log.first(() => log.lines.filter(isRequest)[count - 1]),
    logged: fits => log.first(() => log.lines.find(fits)),
    metrics: async () => parseMetrics(await (await fetch(`${opsUrl}/metrics`)).text()),
    post: (path, body, headers) =>
      fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async close() {
      await app.api.close()
      await app.ops.close()
    },
  }
}

function isRequest({ msg }: LogLine): boolean {
  return msg === 'request'
}

/** Takes pino's lines as objects. */
class Log extends Writable {
  readonly lines: LogLine[] = []
  readonly #waiting = new Set<() => void>()

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    for (const line of chunk.toString('utf8').split('\n')) if (line !== '') this.lines.push(JSON.parse(line) as LogLine)
    for (const check of this.#waiting) check()
    done()
  }

  /** What `find` returns, as soon as it returns anything. */
  first(find: () => LogLine | undefined): Promise<LogLine> {
    return new Promise(resolve => {
      const check = (): void => {
        const found = find()
        if (found === undefined) return
        this.#waiting.delete(check)
        resolve(found)
      }
      this.#waiting.add(check)
      check()
    })
  }
}

/** Prometheus' text format as a map; histograms give their `_bucket`, `_sum` and `_count` entries. */
function parseMetrics(text: string): Scrape {
  const samples = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(
    samples.map(line => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1))]
    }),
  )
}
