import { otherContents } from '@rewardedit/core';

/** An accepted format of picture files. */
export type PictureFormat = {
  readonly name: 'png' | 'jpeg' | 'webp' | 'tiff' | 'gif' | 'avif';
  /** Usual extension of a file, with its dot. */
  readonly extension: string;
  readonly mediaType: string;
};

type Recognised = PictureFormat & { readonly begins: (start: string) => boolean };

// First bytes of the accepted formats, as Latin-1. No other file reaches a decoder, so a format that can load other files (SVG) cannot slip
// through under a .png name.
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
  {
    name: 'avif',
    extension: '.avif',
    mediaType: 'image/avif',
    begins: (start) => brandsOf(start).some((brand) => brand === 'avif' || brand === 'avis'),
  },
];

/** AVIF and HEIC files begin with a box that lists their brands, four letters each. */
function brandsOf(start: string): readonly string[] {
  if (!start.startsWith('ftyp', 4)) return [];
  const end = Math.min(start.length, start.charCodeAt(2) * 256 + start.charCodeAt(3));
  // The first brand is followed by its version.
  return [
    start.slice(8, 12),
    ...Array.from({ length: Math.max(0, (end - 16) >> 2) }, (_, i) => start.slice(16 + 4 * i, 20 + 4 * i)),
  ];
}

const HEIC_BRANDS: readonly string[] = ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1'];

/** Bytes of a file that are inspected. */
const START_BYTES = 64;

function startOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, START_BYTES)).toString('latin1');
}

/** Says why bytes are not a picture of an accepted format. */
export function whyNoPicture(bytes: Uint8Array): string {
  const start = startOf(bytes);
  if (brandsOf(start).some((brand) => HEIC_BRANDS.includes(brand)))
    return 'HEIC pictures are not supported: save it as a JPEG or PNG';
  const other = otherContents(bytes, 'file');
  if (other !== undefined) return `this is ${other.what}: ${other.remedy}`;
  return 'this is not a PNG, JPEG, WebP, TIFF, GIF or AVIF picture';
}

/** Tells the format of an encoded picture from its first bytes; undefined if it is not an accepted one. */
export function pictureFormat(bytes: Uint8Array): PictureFormat | undefined {
  const start = startOf(bytes);
  return FORMATS.find(({ begins }) => begins(start));
}
