/** A cell, quoted (quotes in it doubled, RFC 4180) or plain. */
const CELL = /(?<=^|,)(?:"((?:[^"]|"")*)"|([^,]*))(?=,|$)/g

/** Rows of a CSV by the names in its first line. A last line that was cut off, as that of a file still being written, is left out. */
export function readCsv(text: string): Record<string, string>[] {
  const [head, ...lines] = text.split(/\r?\n/)
  const names = cellsOf(head ?? '')
  return lines
    .map(cellsOf)
    .filter(cells => cells.length === names.length)
    .map(cells => Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])))
}

function cellsOf(line: string): string[] {
  return [...line.matchAll(CELL)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}
