#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'

const USAGE = `Usage: sluice [--config FILE]
       sluice validate [FILE]   check a configuration, start nothing; exit code 1 if it cannot be used
       sluice doctor [FILE]     check that all it needs is there: vendors, keys, Redis, ports, limits of this machine;
                                exit code 0 if so, 1 if something may go wrong, 2 if something will

  -c, --config FILE   the configuration; else SLUICE_CONFIG, else sluice.yaml in this directory
  -h, --help          this text
  -v, --version       the version

Without a configuration, the vendors whose keys are in the environment and a simulator can be called.
`

async function main(): Promise<void> {
  const [command, ...parameters] = process.argv.slice(2)
  if (command === 'validate') {
    prepareLoading()
    const { validate } = await import('./validate.ts')
    process.stdout.write(await validate(parameters))
    return
  }
  if (command === 'doctor') {
    prepareLoading()
    const { doctor } = await import('./doctor/doctor.ts')
    const { text, code } = await doctor(parameters)
    process.stdout.write(text)
    process.exitCode = code
    return
  }
  const { values } = parseArgs({
    options: {
      config: { type: 'string', short: 'c' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
    },
  })
  if (values.help) process.stdout.write(USAGE)
  else if (values.version) process.stdout.write(`${version()}\n`)
  else await start(values.config)
}

/**
 * Everything else is imported behind the compile cache: it takes a good half off the time to the first request. Commands that serve
 * nothing share it, and so the flag: V8 takes nothing from it that was compiled under other flags.
 */
function prepareLoading(): void {
  enableCompileCache()
  // What a call leaves behind would be made old, and wait for a full collection: docs/decisions/calls-are-not-pretenured.md.
  setFlagsFromString('--no-allocation-site-pretenuring')
}

async function start(file: string | undefined): Promise<void> {
  prepareLoading()
  const { serve } = await import('./serve.ts')
  await serve(file)
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
  // The channel of who started it, as pm2 does, would keep it alive.
  if (process.connected) process.exit()
}
