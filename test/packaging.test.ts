import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { importsOf, ROOT, readText, readTree } from './source-tree.ts'

const versions = z.record(z.string(), z.string())
const manifest = z
  .object({
    version: z.string(),
    engines: z.object({ node: z.string() }),
    bin: z.object({ sluice: z.string() }),
    exports: z.object({ '.': z.object({ types: z.string() }) }),
    files: z.array(z.string()),
    allowScripts: z.record(z.string(), z.boolean()),
    scripts: versions,
    dependencies: versions,
    devDependencies: versions,
  })
  .parse(JSON.parse(readText('package.json')))
const lock = z
  .object({ packages: z.record(z.string(), z.looseObject({ hasInstallScript: z.boolean().optional() })) })
  .parse(JSON.parse(readText('package-lock.json')))

const NODE = manifest.devDependencies.node ?? ''

function exists(path: string): boolean {
  return existsSync(join(ROOT, path))
}

suite('package.json', () => {
  test('every file that a script runs is there', () => {
    const named = Object.values(manifest.scripts).flatMap(
      script => script.match(/(?:src|scripts|bench)\/[\w/-]+\.ts/g) ?? [],
    )
    assert.ok(named.length >= 3)
    assert.deepEqual(
      named.filter(path => !exists(path)),
      [],
    )
  })

  test('the scripts that the README and CI promise are there', () => {
    const promised = ['start', 'dev', 'test', 'lint', 'types', 'check', 'coverage', 'bench', 'build', 'prepack']
    assert.deepEqual(
      promised.filter(name => !(name in manifest.scripts)),
      [],
    )
  })

  test('check covers types, lint, and tests with a floor for coverage', () => {
    assert.equal(manifest.scripts.check, 'npm run types && npm run lint && npm run coverage')
    assert.match(manifest.scripts.coverage ?? '', /--test-coverage-lines=9\d/)
  })

  test('every version is exact', () => {
    const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    assert.deepEqual(
      all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
      [],
    )
  })

  test('every package that runs in production is a dependency, not a development one', () => {
    const sources = readTree(path => path.endsWith('.ts'), ['src', 'plugins', 'routes'])
    const run = [...sources.values()].flatMap(importsOf).filter(({ typeOnly }) => !typeOnly)
    const packages = run
      .map(({ specifier }) => specifier.match(/^(?:@[^/]+\/)?[^./:][^/:]*(?![^/]*:)/)?.[0])
      .filter(name => name !== undefined)
    assert.ok(packages.includes('fastify'))
    assert.deepEqual([...new Set(packages)].filter(name => !(name in manifest.dependencies)).sort(), [])
  })

  test('one version of Node is named everywhere', () => {
    assert.equal(readText('.node-version').trim(), NODE)
    assert.equal(manifest.engines.node, `>=${NODE.split('.')[0]}`)
    const images = [...readText('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)
    assert.deepEqual(new Set(images), new Set([`node:${NODE}-slim`]))
  })

  test('npm is told of every package that wants to run a script at install, and only Node may', () => {
    const wanting = Object.entries(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ''))
    assert.deepEqual(
      wanting.filter(name => !(name in manifest.allowScripts)),
      [],
    )
    assert.deepEqual(manifest.allowScripts, { node: true, protobufjs: false })
  })

  test('the lock file belongs to this manifest', () => {
    const { version, dependencies, devDependencies } = z
      .object({ version: z.string(), dependencies: versions, devDependencies: versions })
      .parse(lock.packages[''])
    assert.deepEqual({ ...dependencies }, { ...manifest.dependencies })
    assert.deepEqual({ ...devDependencies }, { ...manifest.devDependencies })
    assert.equal(version, manifest.version)
  })

  test('the command is compiled from a source that a shell can start', () => {
    const source = manifest.bin.sluice.replace(/^dist\//, '').replace(/\.js$/, '.ts')
    assert.match(readText(source), /^#!\/usr\/bin\/env node\n/)
  })

  test('the package holds JavaScript, types and documents, no sources and no tests', () => {
    assert.deepEqual(
      manifest.files.filter(pattern => /^(?:src|test|plugins|routes|bench|scripts)|(?<!\.d)\.ts$/.test(pattern)),
      [],
    )
    assert.ok(manifest.files.includes('dist/**/*.js'))
  })

  test('what it says of types to those who write plugins is there, and made from sources that are', () => {
    const entry = manifest.exports['.'].types.replace('./', '')
    assert.ok(manifest.files.includes(entry) && manifest.files.includes('dist/**/*.d.ts'))
    assert.match(manifest.scripts.prepack ?? '', /--declaration/)
    const made = [...readText(entry).matchAll(/'\.\/dist\/(\S+)\.js'/g)].map(([, path]) => `${path}.ts`)
    assert.ok(made.includes('plugins/call.ts'))
    assert.deepEqual(
      made.filter(path => !exists(path)),
      [],
    )
  })
})

suite('.ci/run', () => {
  const path = join(ROOT, '.ci/run')

  test('is a program that bash understands', () => {
    assert.notEqual(statSync(path).mode & 0o111, 0)
    execFileSync('bash', ['-n', path])
  })

  test('runs what the README tells people to run', () => {
    const script = readText('.ci/run')
    for (const command of ['npm ci', 'npm test', 'npm run check', 'npm start', 'npm pack']) {
      assert.ok(script.includes(command), command)
    }
  })
})

suite('Dockerfile', () => {
  const dockerfile = readText('Dockerfile')
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))

  test('ends in a stage of its own that holds no development dependency', () => {
    assert.match(last, /^\nFROM \S+\n/)
    assert.match(dockerfile, /npm ci --omit=dev/)
    assert.doesNotMatch(last, /^RUN /m)
  })

  test('runs as somebody who is not root, says how it is, and stops on SIGTERM', () => {
    assert.match(last, /^USER [1-9]\d*:[1-9]\d*$/m)
    assert.match(last, /^HEALTHCHECK /m)
    assert.match(last, /\/health\/live/)
    assert.match(last, /^STOPSIGNAL SIGTERM$/m)
  })

  test('starts the program that the package starts', () => {
    assert.ok(last.includes(`ENTRYPOINT ["node", "${manifest.bin.sluice}"]`))
  })

  test('copies only what is there and what .dockerignore lets through', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
      sources.split(' '),
    )
    const allowed = readText('.dockerignore').split('\n')
    assert.ok(copied.includes('src'))
    for (const path of copied) {
      assert.ok(exists(path), path)
      assert.ok(allowed.includes(`!${path}`), `.dockerignore keeps out ${path}`)
    }
  })
})
