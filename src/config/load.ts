import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { atOnce, type Steps } from '../steps.ts'
import { assemble } from './assemble.ts'
import { checkCallerLimits } from './check-caller-limits.ts'
import { checkModels } from './check-models.ts'
import { checkPermissions } from './check-permissions.ts'
import { checkProviders } from './check-providers.ts'
import { checkStandby } from './check-standby.ts'
import { checkWarnings } from './check-warnings.ts'
import { checkKeys, checkListeners, checkNames, checkPlugins } from './checks.ts'
import type { Config, KnownProviders } from './config.ts'
import { type ConfigDocument, readDocument } from './document.ts'
import type { Environment } from './environment.ts'
import type { Variables } from './interpolate.ts'
import { reportIssues } from './issues.ts'
import { listMembers } from './members.ts'
import { ConfigError, showProblem } from './problem.ts'
import { readRegularFile, whyUnreadable } from './regular-file.ts'
import { createReport, type Report } from './report.ts'
import { schema } from './schema.ts'
import { readSecretFiles } from './secrets.ts'
import { setIn, showPath } from './tree.ts'

export interface LoadOptions {
  /** As `--config` gave it; else SLUICE_CONFIG, else `sluice.yaml` in `directory` if it is there. */
  readonly file?: string | undefined
  readonly environment: Environment
  readonly knownProviders: KnownProviders
  /** What `${NAME}` stands for, and where vendors' keys are found; the process environment unless set. */
  readonly variables?: Variables
  /** The working directory unless set. */
  readonly directory?: string
  /** Told of each file that a secret is read from, by its absolute path, before it is read. */
  readonly onSecretFile?: (path: string) => void
  /** Told, in a line each, of what is allowed and probably not meant. */
  readonly onWarning?: (warning: string) => void
}

/** What is read, if it is there, when nobody names a file. */
export const USUAL_FILE = 'sluice.yaml'

/** The environment variables that win over the file, and what they set. */
const OVERRIDES = [
  ['HOST', ['listen', 'host']],
  ['PORT', ['listen', 'port']],
  ['OPS_HOST', ['ops', 'host']],
  ['OPS_PORT', ['ops', 'port']],
  ['LOG_LEVEL', ['log', 'level']],
  ['SLUICE_ADMIN_KEY', ['ops', 'key']],
  ['REDIS_URL', ['state', 'redis']],
] as const satisfies readonly (readonly [keyof Environment, readonly string[]])[]

/** Reads the configuration at once, as `readConfig` does in steps. */
export function loadConfig(options: LoadOptions): Config {
  return atOnce(readConfig(options))
}

/**
 * Reads the configuration: file, variables, environment, secret files, then every check. Throws a ConfigError with all
 * problems at once; there is never a part of a configuration. Reads files synchronously. In steps, since one of some hundred
 * models takes 0.1 s.
 */
export function* readConfig(options: LoadOptions): Steps<Config> {
  const {
    environment,
    knownProviders,
    variables = process.env,
    directory = process.cwd(),
    onSecretFile,
    onWarning,
  } = options
  const document = yield* readFile(options.file ?? environment.SLUICE_CONFIG, directory, variables)
  const base = document === undefined ? directory : dirname(resolve(directory, document.file))
  const tree = document?.tree ?? { providers: usualProviders(knownProviders, variables) }
  const report = createReport(document, override(tree, environment))
  const members = listMembers()

  readSecretFiles(tree, { directory: base, onFile: onSecretFile }, members, report)
  yield
  const result = schema.safeParse(tree)
  if (!result.success) reportIssues(result.error.issues, tree, members, report)
  yield
  checkTree(tree, knownProviders, base, report)

  if (report.problems.length > 0 || !result.success) throw new ConfigError(report.problems)
  if (onWarning !== undefined) {
    checkWarnings(tree, knownProviders, Date.now(), report)
    for (const warning of report.warnings) onWarning(showProblem(warning))
  }
  yield
  return assemble(result.data, base)
}

/** What the schema cannot say. `directory` is where relative paths start. */
export function checkTree(tree: unknown, known: KnownProviders, directory: string, report: Report): void {
  checkNames(tree, report)
  checkProviders(tree, known, report)
  checkModels(tree, report)
  checkStandby(tree, report)
  checkKeys(tree, report)
  checkPermissions(tree, report)
  checkCallerLimits(tree, report)
  checkListeners(tree, report)
  checkPlugins(tree, directory, report)
}

function* readFile(
  given: string | undefined,
  directory: string,
  variables: Variables,
): Steps<ConfigDocument | undefined> {
  const file = given ?? USUAL_FILE
  const path = resolve(directory, file)
  if (given === undefined && !existsSync(path)) return undefined
  return yield* readDocument(file, readText(file, path), variables)
}

function readText(file: string, path: string): string {
  try {
    return readRegularFile(path).toString('utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const message = code === 'ENOENT' ? 'there is no such configuration file' : `the file ${whyUnreadable(error)}`
    throw new ConfigError([{ message: `${file}: ${message}` }])
  }
}

/** Without a file: the simulator, and every vendor whose key lies where that vendor's own tools look for it. */
function usualProviders(known: KnownProviders, variables: Variables): Record<string, unknown> {
  const found = Object.entries(known).flatMap(([type, { keyVariable = '', otherKeyVariable = '' }]) => {
    const apiKey = variables[keyVariable] || variables[otherKeyVariable]
    return apiKey ? [[type, { type, apiKey }] as const] : []
  })
  return { ...Object.fromEntries(found), sim: { type: 'sim' } }
}

/** Puts what the environment says into the tree; returns which variable gave which value, for the messages. */
function override(tree: Record<string, unknown>, environment: Environment): Map<string, string> {
  const origins = new Map<string, string>()
  for (const [variable, path] of OVERRIDES) {
    const value = environment[variable]
    if (value === undefined) continue
    setIn(tree, path, value)
    origins.set(showPath(path), variable)
  }
  return origins
}
