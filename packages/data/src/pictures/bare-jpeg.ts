import { isUpright } from './exif-orientation.ts';
import type { PlainPicture } from './plain-picture.ts';
import { isSrgbProfile } from './srgb-profile.ts';

const [SOI, EOI, SOS, COM] = [0xd8, 0xd9, 0xda, 0xfe];
const [APP0, APP1, APP2, APP14, APP15] = [0xe0, 0xe1, 0xe2, 0xee, 0xef];
const [DQT, DHT, DRI] = [0xdb, 0xc4, 0xdd];
/** Frame types that every program can show: C0 to C2 (baseline, extended, progressive). */
const [FIRST_FRAME, LAST_FRAME] = [0xc0, 0xc2];
/** Bytes of the JFIF segment before its thumbnail. */
const JFIF_BYTES = 18;
const RGB_COMPONENTS = [0x52, 0x47, 0x42];

/**
 * Strips a JPEG file to what its pixels need: no EXIF and XMP (place, time, camera), comments, thumbnails, sRGB profile, or data after its end
 * (further pictures, films). No pixel changes. Undefined if the file has to be decoded to know what it shows: rotated, with another profile,
 * CMYK, damaged.
 */
export function bareJpeg(buffer: Buffer): PlainPicture | undefined {
  const kept: Buffer[] = [buffer.subarray(0, 2)];
  const profile: Buffer[] = [];
  let size: { readonly width: number; readonly height: number } | undefined;
  let [components, isJfif, transform]: [number[], boolean, number | undefined] = [[], false, undefined];
  for (let at = 2; ;) {
    if (buffer.readUInt8(at) !== 0xff) return undefined;
    const marker = buffer.readUInt8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === EOI) {
      kept.push(buffer.subarray(at, at + 2));
      break;
    }
    const end = at + 2 + buffer.readUInt16BE(at + 2);
    if (end < at + 4 || end > buffer.length) return undefined;
    const segment = buffer.subarray(at, end);
    const begins = (text: string) => segment.toString('latin1', 4, 4 + text.length) === text;
    if (marker === APP0 && begins('JFIF\0') && segment.length >= JFIF_BYTES) {
      isJfif = true;
      kept.push(withoutThumbnail(segment));
    } else if (marker === APP1 && begins('Exif')) {
      if (!isUpright(segment, 10)) return undefined;
    } else if (marker === APP2 && begins('ICC_PROFILE\0')) {
      // Profiles come in numbered segments.
      profile[segment.readUInt8(16)] = segment.subarray(18);
    } else if (marker === APP14 && begins('Adobe')) {
      transform = segment.readUInt8(15);
      kept.push(segment);
    } else if (marker >= FIRST_FRAME && marker <= LAST_FRAME) {
      if (size !== undefined || segment.readUInt8(4) !== 8) return undefined;
      size = { width: segment.readUInt16BE(7), height: segment.readUInt16BE(5) };
      components = Array.from({ length: segment.readUInt8(9) }, (_, index) =>
        segment.readUInt8(10 + 3 * index),
      );
      kept.push(segment);
    } else if (marker === SOS) {
      const after = endOfScan(buffer, end);
      kept.push(buffer.subarray(at, after));
      at = after;
      continue;
    } else if (marker === DQT || marker === DHT || marker === DRI) {
      kept.push(segment);
    } else if (marker !== COM && (marker < APP0 || marker > APP15)) {
      return undefined;
    }
    at = end;
  }
  const icc = Buffer.concat(profile.filter((piece) => piece !== undefined));
  const isPlain =
    size !== undefined &&
    Math.min(size.width, size.height) > 0 &&
    kept.length > 2 &&
    isUsualColour(components, isJfif, transform) &&
    (icc.length === 0 || (components.length === 3 && isSrgbProfile(icc)));
  return isPlain ? { mediaType: 'image/jpeg', ...size!, bytes: Buffer.concat(kept) } : undefined;
}

/** Whether the components are grey, or luma and two colour differences, as programs interpret three components. */
function isUsualColour(
  components: readonly number[],
  isJfif: boolean,
  transform: number | undefined,
): boolean {
  if (components.length === 1) return true;
  if (components.length !== 3) return false;
  if (transform !== undefined) return transform === 1;
  return isJfif || components.some((id, index) => id !== RGB_COMPONENTS[index]);
}

/** Returns the position of the marker after a scan. Within the scan, FF is followed by 0 (data) or D0 to D7 (a restart). */
function endOfScan(buffer: Buffer, start: number): number {
  for (let at = start; ; at += 2) {
    at = buffer.indexOf(0xff, at);
    if (at < 0) throw new RangeError('the scan does not end');
    const next = buffer.readUInt8(at + 1);
    if (next !== 0 && (next < 0xd0 || next > SOI - 1)) return at;
  }
}

function withoutThumbnail(segment: Buffer): Buffer {
  const bare = Buffer.from(segment.subarray(0, JFIF_BYTES));
  bare.writeUInt16BE(JFIF_BYTES - 2, 2);
  bare.writeUInt16BE(0, JFIF_BYTES - 2);
  return bare;
}
