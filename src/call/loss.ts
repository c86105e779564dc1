/** Something that a writer could not express in its dialect: where it stood, and why it is gone. Never silent. */
export interface Loss {
  readonly path: string
  readonly why: string
}
