import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import closeWithGrace from 'close-with-grace'
import { type App, buildApp } from './app.ts'
import { readEnvironment } from './config/environment.ts'
import { loadConfig } from './config/load.ts'
import { ConfigError } from './config/problem.ts'
import { greeting } from './greeting.ts'
import { providerTypes } from './providers/index.ts'

const USAGE = `Usage: sluice [--config FILE]

  -c, --config FILE   the configuration; else SLUICE_CONFIG, else sluice.yaml in this directory
  -h, --help          this text
  -v, --version       the version

Without a configuration, the vendors whose keys are in the environment and a simulator can be called.
`

/** How much longer than the drain limit the process may take to stop, ms. */
const CLOSING_MARGIN = 5_000

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string', short: 'c' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
    },
  })
  if (values.help) process.stdout.write(USAGE)
  else if (values.version) process.stdout.write(`${version()}\n`)
  else await serve(values.config)
}

async function serve(file: string | undefined): Promise<void> {
  const environment = await readEnvironment()
  const config = loadConfig({ file, environment, knownProviders: providerTypes })
  const app = await buildApp({ config, logger: { level: config.log.level } })
  closeWithGrace({ delay: config.listen.drain + CLOSING_MARGIN }, async ({ err }) => {
    if (err) app.api.log.error({ err }, 'stopping after an error')
    await close(app)
  })
  try {
    const { listen, ops } = config
    const [apiUrl, opsUrl] = await Promise.all([
      app.api.listen({ host: listen.host, port: listen.port, listenTextResolver: () => 'listening' }),
      app.ops.listen({ host: ops.host, port: ops.port }),
    ])
    process.stdout.write(greeting({ apiUrl, opsUrl, config, models: app.api.live.snapshot.planner.names }))
  } catch (error) {
    await close(app)
    throw error
  }
}

async function close({ api, ops }: App): Promise<void> {
  await api.close()
  await ops.close()
}

/** From package.json, which stands one folder above the sources and two above the built files. */
function version(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }).version
    } catch {}
  }
  return 'unknown'
}

/** What cannot be served is one line a problem on the terminal, without a stack. */
function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') return `port ${port} is in use by another program (settings: listen.port, ops.port)`
  if (code === 'EACCES') return `port ${port} may not be opened by this user (settings: listen.port, ops.port)`
  return message
}

try {
  await main()
} catch (error) {
  process.stderr.write(`sluice: ${explain(error).replaceAll('\n', '\nsluice: ')}\n`)
  process.exitCode = 1
}
