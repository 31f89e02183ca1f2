import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes, encode, float, integer, integers, message, text } from './protobuf.ts';

/** Reads a varint as documented: seven bits per byte, low bits first. */
function readVarint(data: Uint8Array, start: number): { value: bigint; end: number } {
  let value = 0n;
  for (let i = start; ; i++) {
    value |= BigInt(data[i] & 127) << BigInt(7 * (i - start));
    if (data[i] < 128) return { value: BigInt.asIntN(64, value), end: i + 1 };
  }
}

test('encodes the examples of the documentation', () => {
  expect([...encode(integer(1, 150))]).toEqual([0x08, 0x96, 0x01]);
  expect([...encode(text(2, 'testing'))]).toEqual([0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
  expect([...encode(message(3, integer(1, 150)))]).toEqual([0x1a, 0x03, 0x08, 0x96, 0x01]);
  expect([...encode(integers(6, [3, 270, 86942]))]).toEqual([0x32, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05]);
});

test('encodes floats as four bytes, little-endian', () => {
  expect([...encode(float(2, 1))]).toEqual([0x15, 0, 0, 0x80, 0x3f]);
});

test('round-trips integers of any sign and size', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 1000 }), (value, field) => {
      const encoded = encode(integer(field, value));
      const tag = readVarint(encoded, 0);
      expect(tag.value).toBe(BigInt(field * 8));
      const read = readVarint(encoded, tag.end);
      expect(read.value).toBe(BigInt(value));
      expect(read.end).toBe(encoded.length);
    }),
  );
});

test('nested messages have the encoded length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.integer({ min: 1, max: 5 }), (content, depth) => {
      let part = bytes(1, content);
      for (let level = 1; level < depth; level++) part = message(1, part);
      let data = encode(part);
      for (let level = 0; level < depth; level++) {
        const length = readVarint(data, 1);
        expect(data[0]).toBe(0x0a);
        expect(Number(length.value)).toBe(data.length - length.end);
        data = data.slice(length.end);
      }
      expect([...data]).toEqual([...content]);
    }),
  );
});

test('rejects a message beyond the size limit of the format', () => {
  // An array that is never written takes no memory.
  const half = new Uint8Array(2 ** 30);
  expect(() => encode(bytes(1, half), bytes(2, half))).toThrow(
    expect.objectContaining({
      code: 'bad-input',
      message: expect.stringContaining('protobuf allows') as string,
    }),
  );
});
