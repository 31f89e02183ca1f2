/** A format of picture files that is accepted. */
export type PictureFormat = {
  readonly name: 'png' | 'jpeg' | 'webp' | 'tiff' | 'gif';
  /** The usual end of a file's name, with its dot. */
  readonly extension: string;
  readonly mediaType: string;
};

type Recognised = PictureFormat & { readonly begins: (start: string) => boolean };

// What files of the accepted formats begin with, as Latin-1. A file that is none of these never reaches a decoder, so a
// format that can load other files (SVG) cannot slip through under a .png name.
const FORMATS: readonly Recognised[] = [
  {
    name: 'png',
    extension: '.png',
    mediaType: 'image/png',
    begins: (start) => start.startsWith('\x89PNG\r\n\x1a\n'),
  },
  {
    name: 'jpeg',
    extension: '.jpg',
    mediaType: 'image/jpeg',
    begins: (start) => start.startsWith('\xff\xd8\xff'),
  },
  {
    name: 'webp',
    extension: '.webp',
    mediaType: 'image/webp',
    begins: (start) => start.startsWith('RIFF') && start.startsWith('WEBP', 8),
  },
  {
    name: 'tiff',
    extension: '.tiff',
    mediaType: 'image/tiff',
    begins: (start) => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(start.slice(0, 4)),
  },
  {
    name: 'gif',
    extension: '.gif',
    mediaType: 'image/gif',
    begins: (start) => start.startsWith('GIF87a') || start.startsWith('GIF89a'),
  },
];

/** The format that encoded bytes are in by their first ones; undefined where it is none of the accepted. */
export function pictureFormat(bytes: Uint8Array): PictureFormat | undefined {
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  return FORMATS.find(({ begins }) => begins(start));
}
