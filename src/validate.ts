import { fileOf, openSource } from './config/open.ts'

/**
 * `sluice validate FILE`: reads the configuration as the gateway would, in this environment, and returns the text that says that it
 * is valid. Throws a ConfigError that names every problem with its place, never the value of a secret.
 */
export async function validate(parameters: string[]): Promise<string> {
  const warnings: string[] = []
  const { source } = await openSource({
    file: fileOf(parameters),
    onWarning: warning => warnings.push(`warning: ${warning}\n`),
  })
  source.load()
  return `${warnings.join('')}The configuration is valid.\n`
}
