import { createHash, hash } from 'node:crypto';
import { KEY_BYTES } from './key-numbers.ts';

/** Returns 96 bits of the SHA-256 of bytes and texts, each preceded by its length. */
export function contentKey(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const sha256 = createHash('sha256');
  for (const part of parts) {
    sha256.update(`${part.length}:`);
    sha256.update(part);
  }
  return sha256.digest().subarray(0, KEY_BYTES);
}

/** Returns 96 bits of the SHA-256 of a text, such as an id. */
export function textKey(text: string): Uint8Array {
  return hash('sha256', text, 'buffer').subarray(0, KEY_BYTES);
}
