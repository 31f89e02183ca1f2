import { crc32 } from 'node:zlib';
import { RewardEditError } from '@rewardedit/core';

/** First bytes of every PNG file. */
export const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Encodes a chunk: length, type, data, checksum (PNG specification, 5.3). */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** Encodes texts by keyword as iTXt chunks, which hold UTF-8 (11.3.3.4). Throws 'usage' for a keyword that PNG does not allow. */
export function pngTextChunks(text: Readonly<Record<string, string>>): Buffer[] {
  return Object.entries(text).map(([keyword, value]) => {
    if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,77}[\x21-\x7e])?$/.test(keyword)) {
      throw new RewardEditError(
        'usage',
        `${JSON.stringify(keyword)} is not a valid keyword for a text in a PNG`,
        {
          hint: 'use 1 to 79 printable ASCII characters without a space at either end',
        },
      );
    }
    // Keyword, end of keyword, not compressed, compression method 0, no language, no translated keyword, text.
    return pngChunk('iTXt', Buffer.from(`${keyword}\0\0\0\0\0${value}`, 'utf8'));
  });
}
