/** Any JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A JSON object; absent members read as undefined. */
export type JsonObject = { readonly [key: string]: Json | undefined }
