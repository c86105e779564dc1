import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Runs one of the programs of this folder with a folder of its own, which is gone afterwards, or shows its usage where it was
 * asked for. What the program throws is told in a line.
 */
export async function runCommand(
  name: string,
  usage: string,
  main: (temporary: string) => Promise<void>,
): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(usage)
    return
  }
  const temporary = mkdtempSync(join(tmpdir(), `sluice-${name}-`))
  try {
    await main(temporary)
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}
