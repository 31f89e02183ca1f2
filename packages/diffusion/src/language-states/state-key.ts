import { createHash } from 'node:crypto';
import type { AskedStates } from '../pipelines/index.ts';

/**
 * What states are kept under: the SHA-256 of the picture's size, its RGB bytes row by row, and the instruction, each behind a line that
 * says how long it is. `tools/language-states` computes the same in Python.
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
