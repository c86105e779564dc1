/** Endings of addresses that name the type of what stands there. */
const ENDINGS: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  pdf: 'application/pdf',
  txt: 'text/plain',
  mp3: 'audio/mp3',
  wav: 'audio/wav',
  mp4: 'video/mp4',
}

const USUAL = { image: 'image/jpeg', audio: 'audio/mp3', file: 'application/pdf' } as const

/** The media type of what stands at an address: Google wants it told, other vendors find it out. */
export function mediaTypeOfUrl(url: string, kind: keyof typeof USUAL): string {
  const ending = /\.(\w+)(?:[?#]|$)/.exec(url)?.[1]?.toLowerCase() ?? ''
  return (Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined) ?? USUAL[kind]
}
