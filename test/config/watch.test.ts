import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fingerprintOf } from '../../src/config/fingerprint.ts'
import { FileWatch } from '../../src/config/watch.ts'

/** How long files must be left alone, ms. */
const QUIET = 100
/** Turns of the event loop, each with its events and a quiet time: enough for a change to be told twice, if it were. */
const TURNS = 20

/** A folder with a watch on some of its files, which were read before. */
class Bench {
  readonly directory: string
  /** What has been told so far. */
  changes = 0
  readonly blind: string[] = []
  readonly #t: TestContext
  #files: ReadonlyMap<string, string>

  /** `prepare` writes the files; `meanwhile` comes between the reading and the watch. */
  constructor(
    t: TestContext,
    names: readonly string[],
    prepare: (bench: Bench) => void,
    meanwhile: (bench: Bench) => void = () => {},
  ) {
    this.#t = t
    t.mock.timers.enable({ apis: ['setTimeout'] })
    this.directory = mkdtempSync(join(tmpdir(), 'sluice-watch-'))
    prepare(this)
    this.#files = this.#read(names)
    meanwhile(this)
    const watch = new FileWatch({
      files: () => this.#files,
      onChange: async () => {
        this.#files = this.#read(names)
        this.changes += 1
      },
      onBlind: folder => this.blind.push(folder),
    })
    t.after(() => {
      watch.close()
      rmSync(this.directory, { recursive: true })
    })
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text)
  }

  /** Lets the watch hear what has happened, and then so many ms go by. */
  async elapse(ms: number): Promise<void> {
    await setImmediate()
    this.#t.mock.timers.tick(ms)
  }

  /** As long as it takes to see whether there is anything to be told. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) await this.elapse(QUIET)
  }

  /** Waits until a change was told, and long enough to see that it was one. */
  async changed(): Promise<number> {
    const before = this.changes
    while (this.changes === before) await this.elapse(QUIET)
    await this.settle()
    return this.changes
  }

  #read(names: readonly string[]): ReadonlyMap<string, string> {
    return new Map(names.map(name => [this.path(name), fingerprintOf(this.path(name))]))
  }
}

function plain(t: TestContext): Bench {
  return new Bench(t, ['sluice.yaml', 'key'], bench => {
    bench.write('sluice.yaml', 'one')
    bench.write('key', 'secret')
  })
}

/** As kubelet mounts a ConfigMap: the file is a link into `..data`, and that a link to a folder. */
function configMap(t: TestContext): Bench {
  return new Bench(t, ['sluice.yaml'], bench => {
    mkdirSync(bench.path('..2026_1'))
    bench.write('..2026_1/sluice.yaml', 'one')
    symlinkSync('..2026_1', bench.path('..data'))
    symlinkSync('..data/sluice.yaml', bench.path('sluice.yaml'))
  })
}

function swap(bench: Bench, version: number, text: string): void {
  mkdirSync(bench.path(`..2026_${version}`))
  bench.write(`..2026_${version}/sluice.yaml`, text)
  symlinkSync(`..2026_${version}`, bench.path('..data_tmp'))
  renameSync(bench.path('..data_tmp'), bench.path('..data'))
  rmSync(bench.path(`..2026_${version - 1}`), { recursive: true })
}

test('C22: a file that an editor replaces is told once, and so is the next replacement', async t => {
  const bench = plain(t)
  for (const round of [1, 2]) {
    bench.write('.sluice.yaml.swp', `round ${round}`)
    renameSync(bench.path('.sluice.yaml.swp'), bench.path('sluice.yaml'))
    t.assert.equal(await bench.changed(), round)
  }
})

test('C22: ten saves in a moment are told once', async t => {
  const bench = plain(t)
  for (let save = 0; save < 10; save += 1) {
    bench.write('sluice.yaml', `save ${save}`)
    await bench.elapse(QUIET / 2)
  }
  t.assert.equal(bench.changes, 0)
  t.assert.equal(await bench.changed(), 1)
})

test('a file that is saved without end is told all the same, within seconds', async t => {
  const bench = plain(t)
  for (let ms = 0; ms < 6_000; ms += QUIET / 2) {
    bench.write('sluice.yaml', `at ${ms}`)
    await bench.elapse(QUIET / 2)
  }
  t.assert.equal(bench.changes, 1)
})

test("C22: the swap of a ConfigMap's links is told once, and so is the next one", async t => {
  const bench = configMap(t)
  for (const round of [1, 2]) {
    swap(bench, round + 1, `round ${round}`)
    t.assert.equal(await bench.changed(), round)
  }
})

test('C22: a secret that is rotated in its file is told', async t => {
  const bench = plain(t)
  bench.write('key', 'another secret')
  t.assert.equal(await bench.changed(), 1)
})

test('C21: a file that is deleted, and one that comes back, are told', async t => {
  const bench = plain(t)
  unlinkSync(bench.path('sluice.yaml'))
  t.assert.equal(await bench.changed(), 1)
  bench.write('sluice.yaml', 'two')
  t.assert.equal(await bench.changed(), 2)
})

test('what was changed between the reading and the watch is told', async t => {
  const write = (text: string) => (bench: Bench) => bench.write('sluice.yaml', text)
  const bench = new Bench(t, ['sluice.yaml'], write('one'), write('two'))
  t.assert.equal(await bench.changed(), 1)
})

test('a folder that is replaced by another is watched in its place', async t => {
  const bench = new Bench(t, ['etc/sluice.yaml'], ({ directory }) => {
    mkdirSync(join(directory, 'etc'))
    writeFileSync(join(directory, 'etc/sluice.yaml'), 'one')
  })
  renameSync(bench.path('etc'), bench.path('old'))
  t.assert.equal(await bench.changed(), 1)
  mkdirSync(bench.path('etc'))
  bench.write('etc/sluice.yaml', 'two')
  t.assert.equal(await bench.changed(), 2)
})

test('other files of the folder, and a save of the same words, are nothing', async t => {
  const bench = plain(t)
  bench.write('sluice.yaml', 'one')
  bench.write('access.log', 'a line')
  await bench.settle()
  t.assert.equal(bench.changes, 0)
})

test('what is no file, such as a pipe, is not read to see whether it has changed', t => {
  t.assert.equal(fingerprintOf('/dev/zero'), fingerprintOf('/dev/null'))
})
