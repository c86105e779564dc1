/** Where a value stands in the configuration: `['models', 'chat', 'targets', 0]`. */
export type Path = readonly (string | number)[]

/** The value at a path of own members; undefined where there is none. */
export function getIn(tree: unknown, path: Path): unknown {
  let value = tree
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined
    value = (value as Record<string | number, unknown>)[segment]
  }
  return value
}

/** Sets the value at a path, creating sections on the way; does nothing where something else than a section is in the way. */
export function setIn(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first = '', ...rest] = path
  if (rest.length === 0) {
    tree[first] = value
    return
  }
  if (!Object.hasOwn(tree, first)) tree[first] = {}
  const section = tree[first]
  if (isSection(section)) setIn(section, rest, value)
}

export function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The members of a section; none for any other value. */
export function membersOf(value: unknown): [string, unknown][] {
  return isSection(value) ? Object.entries(value) : []
}

/** The items of a list; none for any other value. */
export function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** `models.chat.targets[0].provider`. */
export function showPath(path: Path): string {
  return path.reduce<string>((shown, segment) => {
    if (typeof segment === 'number') return `${shown}[${segment}]`
    return shown === '' ? segment : `${shown}.${segment}`
  }, '')
}

/** Whether a path fits a pattern in which `*` stands for any one name or index. */
export function matches(path: Path, pattern: readonly string[]): boolean {
  return path.length === pattern.length && pattern.every((part, index) => part === '*' || part === path[index])
}
