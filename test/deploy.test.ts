import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join, normalize } from 'node:path/posix'
import { suite, test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { environmentSchema } from '../src/config/environment.ts'
import { METRICS } from '../src/meter/metrics.ts'
import { loadText } from './load-text.ts'
import { ROOT, readText, readTree } from './source-tree.ts'

// No Docker engine runs where the tests do: what compose would refuse or get wrong is looked for in the files.

const text = z.string()
const condition = z.object({ condition: z.enum(['service_healthy', 'service_started']) })
const service = z.strictObject({
  build: text.optional(),
  image: text,
  init: z.boolean().optional(),
  restart: z.enum(['unless-stopped', 'always', 'on-failure', 'no']),
  command: z.array(text).optional(),
  environment: z.record(text, z.union([text, z.number()])).default({}),
  ports: z.array(text).default([]),
  volumes: z.array(text).default([]),
  secrets: z.array(text).default([]),
  tmpfs: z.array(text).optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(text).optional(),
  security_opt: z.array(text).optional(),
  stop_grace_period: text.optional(),
  healthcheck: z.strictObject({ test: z.array(text), interval: text, timeout: text, retries: z.number() }).optional(),
  depends_on: z.record(text, condition).default({}),
})
const compose = z
  .strictObject({
    name: text,
    services: z.strictObject({ gateway: service, redis: service, prometheus: service, grafana: service }),
    secrets: z.record(text, z.strictObject({ environment: text })),
    volumes: z.record(text, z.null()),
  })
  .parse(parse(readText('docker-compose.yml')))
const services = Object.entries(compose.services)
const { gateway, prometheus, grafana } = compose.services

const ENVIRONMENT = new Set(Object.keys(environmentSchema.properties ?? {}))

function mounts(of: { volumes: string[] }): { source: string; target: string }[] {
  return of.volumes.map(volume => {
    const [source = '', target = ''] = volume.split(':')
    return { source, target }
  })
}

/** The file of the repository that a container sees at `path`. */
function behindMount(of: { volumes: string[] }, path: string): string {
  const mount = mounts(of).find(({ target }) => path === target || path.startsWith(`${target}/`))
  assert.ok(mount, `nothing is mounted at ${path}`)
  return normalize(join(mount.source, path.slice(mount.target.length)))
}

/** As long and as random as a real one, and another for each name. */
function secretOf(name: string): string {
  return hash('sha256', name)
}

/** An environment as it would be when every variable that is asked for had been given. */
function filledIn(environment: Readonly<Record<string, string | number>>): Record<string, string> {
  const entries = Object.entries(environment).map(([name, value]) => [
    name,
    String(value).replaceAll(/\$\{(\w+)[^}]*\}/g, (_, variable) => secretOf(variable)),
  ])
  return Object.fromEntries(entries)
}

/** Names of `${NAME}`, `${NAME:-}` and `${NAME:?}` in a text. */
function variablesIn(source: string): string[] {
  return [...source.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name = '']) => name)
}

suite('docker-compose.yml', () => {
  test('every image is pinned to a full version', () => {
    for (const [name, { image }] of services) assert.match(image, /:v?\d+\.\d+\.\d+(?:-[a-z]+)?$/, name)
    assert.equal(gateway.image, `sluice:${JSON.parse(readText('package.json')).version}`)
  })

  test('every mounted path is in the repository, every volume and secret is declared and used', () => {
    const sources = services.flatMap(([, of]) => mounts(of).map(({ source }) => source))
    const [paths, volumes] = [
      sources.filter(path => path.startsWith('.')),
      sources.filter(path => !path.startsWith('.')),
    ]
    assert.deepEqual(
      paths.filter(path => !existsSync(join(ROOT, path))),
      [],
    )
    assert.deepEqual(volumes.sort(), Object.keys(compose.volumes).sort())
    assert.deepEqual(
      services.flatMap(([, of]) => of.secrets),
      Object.keys(compose.secrets),
    )
  })

  test('ports are published on loopback only, and are those the services listen on', () => {
    for (const [, { ports }] of services) for (const port of ports) assert.match(port, /^127\.0\.0\.1:(\d+):\1$/)
    const { PORT, OPS_PORT } = gateway.environment
    assert.deepEqual(gateway.ports, [`127.0.0.1:${PORT}:${PORT}`, `127.0.0.1:${OPS_PORT}:${OPS_PORT}`])
  })

  test('every service says whether it is healthy, and waits for those that it needs', () => {
    for (const [name, of] of services) {
      assert.ok(of.healthcheck ?? of.build, name)
      for (const needed of Object.keys(of.depends_on)) assert.ok(needed in compose.services, `${name} needs ${needed}`)
    }
  })

  test('the gateway is given only variables that it or its config knows', () => {
    const config = readText(behindMount(gateway, String(gateway.environment.SLUICE_CONFIG)))
    // Vendors' keys stand ready for lines of the config that are still comments.
    const known = new Set([...ENVIRONMENT, ...variablesIn(config)])
    assert.deepEqual(
      Object.keys(gateway.environment).filter(name => !known.has(name)),
      [],
    )
    assert.deepEqual(
      variablesIn(config).filter(name => !(name in gateway.environment)),
      [],
    )
  })

  test('the gateway accepts its config, and listens where compose says', async () => {
    const config = await loadText(
      readText(behindMount(gateway, '/etc/sluice/sluice.yaml')),
      filledIn(gateway.environment),
    )
    assert.deepEqual([config.listen.host, config.listen.port], ['0.0.0.0', 8080])
    assert.deepEqual(
      [config.ops.host, config.ops.port, config.ops.key],
      ['0.0.0.0', 8081, secretOf('SLUICE_ADMIN_KEY')],
    )
    assert.equal(config.state.redis, `redis://:${secretOf('REDIS_PASSWORD')}@redis:6379`)
    assert.ok(config.listen.drain < 1000 * Number.parseInt(gateway.stop_grace_period ?? '', 10))
  })

  test('no secret has a value of its own: each is asked for, and .env.example lists it empty', () => {
    const secrets = services.flatMap(([, { environment }]) =>
      Object.entries(environment).filter(([name]) => /KEY|PASSWORD|SECRET|TOKEN|_AUTH/.test(name)),
    )
    assert.ok(secrets.length >= 4)
    for (const [name, value] of secrets) assert.match(String(value), /^\$\{\w+:(?:\?[^}]+|-)\}$/, name)
    const named = new Set(variablesIn(readText('docker-compose.yml')))
    const listed = [...readText('.env.example').matchAll(/^(\w+)=(.*)$/gm)]
    assert.deepEqual(new Set(listed.map(([, name]) => name)), named)
    assert.deepEqual(
      listed.filter(([, , value]) => value !== ''),
      [],
    )
  })
})

suite('Prometheus and Grafana', () => {
  test('Prometheus scrapes the ops listener with its key', () => {
    const scrape = z.object({
      metrics_path: z.literal('/metrics'),
      authorization: z.object({ type: z.literal('Bearer'), credentials_file: text }),
      static_configs: z.array(z.object({ targets: z.array(text) })),
    })
    const config = parse(readText(behindMount(prometheus, '/etc/prometheus/prometheus.yml')))
    const [job] = z.object({ scrape_configs: z.tuple([scrape]) }).parse(config).scrape_configs
    assert.deepEqual(job.static_configs, [{ targets: [`gateway:${gateway.environment.OPS_PORT}`] }])
    assert.equal(job.authorization.credentials_file, `/run/secrets/${prometheus.secrets[0]}`)
    assert.equal(compose.secrets[prometheus.secrets[0] ?? '']?.environment, 'SLUICE_ADMIN_KEY')
  })

  test('Grafana is provisioned with that Prometheus, and every panel asks it', () => {
    const source = parse(readText(behindMount(grafana, '/etc/grafana/provisioning/datasources/prometheus.yml')))
    const [datasource] = z
      .object({ datasources: z.tuple([z.object({ uid: text, url: z.literal('http://prometheus:9090') })]) })
      .parse(source).datasources
    for (const panel of dashboard.panels) assert.equal(panel.datasource.uid, datasource.uid, panel.title)
  })

  test('every panel shows metrics that there are', () => {
    const own = Object.values(METRICS).map(({ name }) => name)
    const measured = dashboard.panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => expr.match(METRIC_NAME) ?? []),
    )
    assert.ok(measured.length >= own.length)
    assert.deepEqual(
      measured.filter(name => !own.includes(name.replace(/_(?:bucket|sum|count)$/, '') as (typeof own)[number])),
      [],
    )
  })

  test('Grafana finds its dashboard where the provider looks', () => {
    const config = parse(readText(behindMount(grafana, '/etc/grafana/provisioning/dashboards/sluice.yml')))
    const [provider] = z
      .object({ providers: z.tuple([z.object({ options: z.object({ path: text }) })]) })
      .parse(config).providers
    const home = String(grafana.environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH)
    assert.ok(home.startsWith(`${provider.options.path}/`))
    assert.equal(behindMount(grafana, home), DASHBOARD)
  })
})

/** Names of our own metrics; those of Node and of the process come from the library. */
const METRIC_NAME = /\b(?:api|sluice|gen_ai_(?:client|server))_\w+/g

const DASHBOARD = 'deploy/grafana/dashboards/sluice.json'
const dashboard = z
  .object({
    panels: z.array(
      z.object({
        title: text,
        datasource: z.object({ uid: text }),
        targets: z.array(z.object({ expr: text, refId: text })),
      }),
    ),
  })
  .parse(JSON.parse(readText(DASHBOARD)))

suite('Kubernetes', () => {
  const documents = parseAllDocuments(readText('deploy/kubernetes/sluice.yaml')).map(document => document.toJS())

  test('the pod runs what the image is, on the ports and variables that the gateway knows', () => {
    const port = z.object({ name: text, containerPort: z.number() })
    const container = z.object({
      image: text,
      env: z.array(z.object({ name: text, value: text })),
      ports: z.array(port),
      livenessProbe: z.object({ httpGet: z.object({ path: z.literal('/health/live') }) }),
      readinessProbe: z.object({ httpGet: z.object({ path: z.literal('/health/ready') }) }),
      securityContext: z.object({ readOnlyRootFilesystem: z.literal(true) }),
    })
    const pod = z.object({
      containers: z.tuple([container]),
      securityContext: z.object({ runAsNonRoot: z.literal(true) }),
    })
    const deployment = documents.find(({ kind }) => kind === 'Deployment')
    const [{ image, env, ports }] = z
      .object({ spec: z.object({ template: z.object({ spec: pod }) }) })
      .parse(deployment).spec.template.spec.containers
    assert.equal(image, gateway.image)
    assert.deepEqual(
      env.filter(({ name }) => !ENVIRONMENT.has(name)),
      [],
    )
    const values = Object.fromEntries(env.map(({ name, value }) => [name, value]))
    assert.deepEqual(ports, [
      { name: 'api', containerPort: Number(values.PORT) },
      { name: 'ops', containerPort: Number(values.OPS_PORT) },
    ])
  })
})

test('the gateway accepts the config of the Kubernetes example', async () => {
  const [map] = parseAllDocuments(readText('deploy/kubernetes/sluice.yaml'))
  const { data } = z.object({ data: z.object({ 'sluice.yaml': text }) }).parse(map?.toJS())
  const source = data['sluice.yaml']
  const variables = { HOST: '0.0.0.0', ...Object.fromEntries(variablesIn(source).map(name => [name, secretOf(name)])) }
  const config = await loadText(source, variables)
  assert.deepEqual(Object.keys(config.providers), ['anthropic'])
  assert.equal(config.keys.length, 1)
})

test('every YAML file of deploy/ is YAML', () => {
  for (const [path, source] of readTree(path => /\.ya?ml$/.test(path), ['deploy'])) {
    for (const document of parseAllDocuments(source)) assert.deepEqual(document.errors, [], path)
  }
})
