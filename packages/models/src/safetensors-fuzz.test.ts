import { RewardEditError, createRandom, type Random } from '@rewardedit/core';
import { expect, it } from 'vitest';
import { parseHeader } from './safetensors-header.ts';

const DATA_BYTES = 40;
const VALID = [
  '{"__metadata__":{"format":"pt"},"a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"I64","shape":[2],"data_offsets":[24,40]}}',
  '{"x":{"dtype":"F16","shape":[],"data_offsets":[0,2]},"empty":{"dtype":"F32","shape":[0,7],"data_offsets":[2,2]},"rest":{"dtype":"U8","shape":[38],"data_offsets":[2,40]}}',
];
/** What stands in headers, and what does harm there. */
const PIECES = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\u0000', 'null', 'true', '-', '.5', 'e9', ' ', '\u00e9'],
  ...['0', '1', '4', '24', '40', '-1', '9007199254740993', '18446744073709551616', '1e400', '1e-7'],
  ...[
    '"F32"',
    '"F8_E4M3"',
    '"F4"',
    '"shape"',
    '"data_offsets"',
    '"dtype"',
    '"__metadata__"',
    '"__proto__"',
    '"b"',
  ],
  ...['{"dtype":"F32","shape":[1],"data_offsets":[0,4]}', '[[[[[[[[', '{"a":{"a":{"a":'],
];

/** A valid header with a few places cut out, doubled, or replaced. */
function mutated(random: Random): string {
  let text = VALID[random.integer(VALID.length)];
  for (let changes = 1 + random.integer(4); changes > 0; changes--) {
    const at = random.integer(text.length + 1);
    const [before, after] = [text.slice(0, at), text.slice(at)];
    const piece = PIECES[random.integer(PIECES.length)];
    text = [
      before + piece + after,
      before + after.slice(1 + random.integer(6)),
      before + piece + after.slice(piece.length),
      before + text.slice(random.integer(text.length + 1)),
    ][random.integer(4)];
  }
  return text;
}

it('a mutated header is rejected with a typed error or describes existing data', () => {
  const cases = process.env['REWARDEDIT_LONG'] === '1' ? 1_000_000 : 5000;
  const random = createRandom(1, 'headers');
  const encoder = new TextEncoder();
  const outcomes = { valid: 0, refused: 0 };
  for (let i = 0; i < cases; i++) {
    const text = mutated(random);
    const bytes = encoder.encode(text);
    // Now and then, bytes that are no text.
    if (random.integer(8) === 0 && bytes.length > 0)
      bytes[random.integer(bytes.length)] = random.integer(256);
    try {
      const { tensors } = parseHeader(bytes, DATA_BYTES, 'x');
      outcomes.valid += 1;
      const total = [...tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0);
      if (total !== DATA_BYTES) throw new Error(`${JSON.stringify(text)} describes ${total} bytes`);
    } catch (error) {
      if (!(error instanceof RewardEditError && error.code === 'bad-input' && error.where === 'x'))
        throw new Error(`${JSON.stringify(text)}: ${String(error)}`, { cause: error });
      outcomes.refused += 1;
    }
  }
  // Otherwise the changes were none that matter, or too many.
  expect(outcomes.valid).toBeGreaterThan(cases / 1000);
  expect(outcomes.refused).toBeGreaterThan(cases / 2);
}, 1_800_000);
