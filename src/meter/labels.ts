/** What tells one time series of a metric from another. */
export type Labels = Readonly<Record<string, string | number>>
