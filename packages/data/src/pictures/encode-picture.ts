import sharp, { type Sharp } from 'sharp';
import { RewardEditError } from '@rewardedit/core';
import { JPEG_OPTIONS } from './compress-jpeg.ts';
import { takenOffWhite, type Alpha } from './picture-alpha.ts';
import type { Picture } from './picture.ts';
import { PNG_SIGNATURE, pngTextChunks } from './png-chunks.ts';
import { xmpPacket } from './xmp-texts.ts';

/** Formats that pictures can be written in. */
export const WRITTEN_FORMATS = ['png', 'jpeg', 'webp'] as const;
export type WrittenFormat = (typeof WRITTEN_FORMATS)[number];

export type EncodeOptions = {
  readonly format: WrittenFormat;
  /** Alpha channel; a JPEG shows the picture on white instead. */
  readonly alpha?: Alpha | undefined;
  /** Texts to embed: in text chunks of a PNG, otherwise in XMP. `readPictureTexts` reads them. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Standard EXIF fields of a JPEG or WebP, which other programs show. */
  readonly exif?: { readonly Software?: string; readonly ImageDescription?: string };
};

/** Greatest side length in pixels. */
const LONGEST: Readonly<Record<WrittenFormat, number>> = { png: 2 ** 31 - 1, jpeg: 65_535, webp: 16_383 };
/** No visible artefacts. */
const WEBP_OPTIONS = { quality: 95, smartSubsample: true } as const;
/** Bytes of a PNG up to the end of its header chunk. */
const PNG_HEADER = PNG_SIGNATURE.length + 25;

/** Returns the format for a file name's extension; undefined if that format is not written. */
export function writtenFormat(path: string): WrittenFormat | undefined {
  const [, ending = ''] = /\.([^./\\]+)$/.exec(path.toLowerCase()) ?? [];
  return ending === 'jpg' ? 'jpeg' : WRITTEN_FORMATS.find((format) => format === ending);
}

/**
 * Encodes the picture in sRGB with 8 bits per channel, in another thread. Throws 'bad-input' if the format cannot hold that many pixels.
 *
 * @param picture as it looks on white, if it has an alpha channel.
 */
export async function encodePicture(picture: Picture, options: EncodeOptions): Promise<Buffer> {
  const { format, alpha, texts = {}, exif = {} } = options;
  const { width, height } = picture;
  if (Math.max(width, height) > LONGEST[format]) {
    throw new RewardEditError('bad-input', `a ${format} file cannot hold ${width} x ${height} pixels`, {
      hint: `the limit is ${LONGEST[format]} per side; choose a name that ends in .png`,
    });
  }
  const image = format === 'jpeg' || alpha === undefined ? opaque(picture) : transparent(picture, alpha);
  if (format === 'png') {
    const png = await image.png({ compressionLevel: 6 }).toBuffer();
    return Buffer.concat([png.subarray(0, PNG_HEADER), ...pngTextChunks(texts), png.subarray(PNG_HEADER)]);
  }
  if (Object.keys(exif).length > 0) image.withExif({ IFD0: exif });
  if (Object.keys(texts).length > 0) image.withXmp(xmpPacket(texts));
  return (format === 'jpeg' ? image.jpeg(JPEG_OPTIONS) : image.webp(WEBP_OPTIONS)).toBuffer();
}

function opaque({ width, height, data }: Picture): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
}

function transparent({ width, height, data }: Picture, alpha: Alpha): Sharp {
  const colours = takenOffWhite(data, alpha.data);
  const pixels = new Uint8Array(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    pixels.set(colours.subarray(3 * i, 3 * i + 3), 4 * i);
    pixels[4 * i + 3] = alpha.data[i];
  }
  return sharp(pixels, { raw: { width, height, channels: 4 }, limitInputPixels: false });
}
