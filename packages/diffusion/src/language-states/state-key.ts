import { createHash } from 'node:crypto';
import type { AskedStates } from '../pipelines/index.ts';

/**
 * Returns the key of states in a store: the SHA-256 of the picture's size and its RGB bytes row by row, then the instruction's length and
 * UTF-8 bytes. `tools/language-states` computes the same in Python.
 */
export function stateKey({ picture: { width, height, data }, instruction }: AskedStates): string {
  const text = Buffer.from(instruction, 'utf8');
  return createHash('sha256')
    .update(`picture ${width} ${height}\n`)
    .update(data)
    .update(`instruction ${text.length}\n`)
    .update(text)
    .digest('hex');
}
