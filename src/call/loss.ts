/** Something that a writer could not express in its dialect: its path, and why. Never silent. */
export interface Loss {
  readonly path: string
  readonly why: string
}
