import fastifyEnv from '@fastify/env'
import Fastify from 'fastify'
import { z } from 'zod'
import type { Variables } from './interpolate.ts'
import { ConfigError } from './problem.ts'
import { LOG_LEVELS } from './schema.ts'

/** Ports come as text, and @fastify/env makes numbers of them. */
const port = z.int().min(0).max(65_535)

const environment = z.object({
  SLUICE_CONFIG: z.string().optional().describe('The configuration file, unless `--config` names one.'),
  HOST: z.string().optional().describe('Sets `listen.host`.'),
  PORT: port.optional().describe('Sets `listen.port`.'),
  OPS_HOST: z.string().optional().describe('Sets `ops.host`.'),
  OPS_PORT: port.optional().describe('Sets `ops.port`.'),
  SLUICE_ADMIN_KEY: z.string().optional().describe('Sets `ops.key`.'),
  REDIS_URL: z.string().optional().describe('Sets `state.redis`.'),
  LOG_LEVEL: z.enum(LOG_LEVELS).optional().describe('Sets `log.level`.'),
  WORKERS: z
    .string()
    .regex(/^(?:auto|[1-9]\d?)$/)
    .optional()
    .describe(
      'How many processes answer calls, 1 to 99, or `auto`: as many as Node finds cores, at most 99; a quota of less than one core is not seen. One unless set.',
    ),
})

/** What Sluice takes from the environment of its process. A member is absent where its variable is unset or empty. */
export type Environment = z.output<typeof environment>

/** For @fastify/env, whose Ajv knows draft 7. */
export const environmentSchema = z.toJSONSchema(environment, { io: 'input', target: 'draft-7' })

/** Reads the environment by @fastify/env. Throws a ConfigError that names each bad variable, never its value. */
export async function readEnvironment(variables: Variables = process.env): Promise<Environment> {
  const app = Fastify()
  // A variable that is set to nothing, as container files do, is not set.
  const data = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''))
  try {
    // The plugin writes into the schema that it is given.
    const schema = structuredClone(environmentSchema)
    await app.register(fastifyEnv, { confKey: 'environment', schema, data, env: false })
    return app.getDecorator<Environment>('environment')
  } catch (error) {
    throw new ConfigError(violationsOf(error).map(violation => ({ message: explain(violation) })))
  } finally {
    await app.close()
  }
}

interface Violation {
  readonly instancePath: string
  readonly message?: string
  readonly params?: { readonly allowedValues?: readonly unknown[] }
}

function violationsOf(error: unknown): Violation[] {
  if (error instanceof Error && 'errors' in error && Array.isArray(error.errors)) return error.errors
  throw error
}

function explain({ instancePath, message, params }: Violation): string {
  const variable = instancePath.slice(1)
  if (variable === 'WORKERS') return 'environment variable WORKERS: must be a number from 1 to 99, or auto'
  const allowed = params?.allowedValues
  return `environment variable ${variable}: ${allowed === undefined ? message : `must be one of ${allowed.join(', ')}`}`
}
