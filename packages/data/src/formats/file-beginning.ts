import { open } from 'node:fs/promises';
import { TELLING_BYTES, fromSystemError } from '@rewardedit/core';

/** Reads the first bytes of a file; by default as many as it takes to recognise it. */
export async function fileBeginning(path: string, length = TELLING_BYTES): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const bytes = Buffer.alloc(length);
      const { bytesRead } = await file.read(bytes, 0, length, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the dataset', path });
  }
}
