import { imageType } from '../image-type.ts'

/** Converse names formats of documents (its service model, DocumentFormat) where others name media types. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  html: 'text/html',
  txt: 'text/plain',
  md: 'text/markdown',
}

const IMAGES: ReadonlySet<string> = new Set(['png', 'jpeg', 'gif', 'webp'])

/** The media type of a document's format; undefined for one that is not known yet. */
export function documentType(format: string): string | undefined {
  return Object.hasOwn(DOCUMENTS, format) ? DOCUMENTS[format] : undefined
}

/** The format of a document's media type; undefined where Converse has none. */
export function documentFormat(mediaType: string): string | undefined {
  return Object.entries(DOCUMENTS).find(([, type]) => type === mediaType)?.[0]
}

/** The format of an image by its first bytes, else by its media type; undefined where Converse has none. */
export function imageFormat(mediaType: string, base64: string): string | undefined {
  const format = imageType(mediaType, base64)
    .replace(/^image\//, '')
    .replace(/^jpg$/, 'jpeg')
  return IMAGES.has(format) ? format : undefined
}
