import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { ConfigSource } from '../../src/config/source.ts'
import { providerTypes } from '../../src/providers/index.ts'
import { type Gateway, startGateway } from '../helper.ts'

/** A gateway whose configuration is a file that the test changes. */
export interface ReloadBench {
  readonly gateway: Gateway
  /** The folder of the configuration. */
  readonly directory: string
  /** Writes the file as editors do, text as it is, an object as JSON; the watch will notice. */
  save(config: string | object): void
  /** Writes the file and has it read at once. */
  reload(config: string | object): Promise<void>
  /** What the ops listener says of it. */
  describe(): Promise<Description>
}

interface Description {
  readonly version: string
  readonly loadedAt: string
  readonly lastError: { readonly at: string; readonly message: string } | null
  readonly needsRestart: readonly string[]
  readonly config: Record<string, never>
}

/** Starts a gateway on a file with this configuration; all ends with the test. */
export async function setUp(t: TestContext, first: string | object): Promise<ReloadBench> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-reload-'))
  const file = join(directory, 'sluice.yaml')
  const save = (config: string | object): void => {
    writeFileSync(`${file}.new`, typeof config === 'string' ? config : JSON.stringify(config))
    renameSync(`${file}.new`, file)
  }
  save(first)
  const source = new ConfigSource({ environment: {}, knownProviders: providerTypes, variables: {}, directory })
  const gateway = await startGateway({}, { source })
  t.after(async () => {
    await gateway.close()
    rmSync(directory, { recursive: true })
  })
  return {
    gateway,
    directory,
    save,
    async reload(config) {
      save(config)
      await gateway.app.api.reloads.reload()
    },
    describe: async () => (await fetch(`${gateway.opsUrl}/admin/v1/config`)).json() as Promise<Description>,
  }
}
