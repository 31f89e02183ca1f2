import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { differenceHash, hammingDistance, type DifferenceHash } from './difference-hash.ts';
import { createNearIndex } from './near-index.ts';

const word = fc.integer({ min: 0, max: 0xffffffff });
const hash: fc.Arbitrary<DifferenceHash> = fc.record({ high: word, low: word });
const asBits = ({ high, low }: DifferenceHash) => (BigInt(high) << 32n) | BigInt(low);
const flip = ({ high, low }: DifferenceHash, bits: readonly number[]): DifferenceHash => {
  let value = (BigInt(high) << 32n) | BigInt(low);
  for (const bit of bits) value ^= 1n << BigInt(bit);
  return { high: Number(value >> 32n), low: Number(value & 0xffffffffn) };
};

describe('hammingDistance', () => {
  it('counts the bits that differ', () => {
    fc.assert(
      fc.property(hash, hash, (a, b) => {
        const expected = (asBits(a) ^ asBits(b)).toString(2).replaceAll('0', '').length;
        expect(hammingDistance(a, b)).toBe(expected);
      }),
    );
  });
});

describe('createNearIndex', () => {
  it('finds exactly the near hashes, at any distance', () => {
    const flips = fc.array(fc.integer({ min: 0, max: 63 }), { maxLength: 12 });
    const relatives = fc
      .tuple(hash, fc.array(fc.tuple(flips, fc.integer({ min: 0, max: 1 })), { maxLength: 30 }))
      .map(([origin, all]) => all.map(([bits, label]) => ({ hash: flip(origin, bits), label })));
    fc.assert(
      fc.property(relatives, fc.integer({ min: 0, max: 15 }), (all, distance) => {
        const index = createNearIndex(distance);
        for (const [i, one] of all.entries()) {
          const expected = all
            .slice(0, i)
            .flatMap((other, j) =>
              other.label === one.label && hammingDistance(other.hash, one.hash) <= distance ? [j] : [],
            )
            .reverse();
          expect(index.near(one.hash, one.label)).toEqual(expected);
          expect(index.add(one.hash, one.label)).toBe(i);
        }
      }),
    );
  });
});

describe('differenceHash', () => {
  const photo = async (seed: number) => {
    const pixels = Buffer.from(
      Array.from(
        { length: 12 * 12 * 3 },
        (_, i) => (Math.sin(i * 12.9898 + seed * 78.233) * 43758.5453) & 255,
      ),
    );
    return sharp(pixels, { raw: { width: 12, height: 12, channels: 3 } })
      .resize(192, 192, { kernel: 'cubic' })
      .png()
      .toBuffer();
  };

  it('hardly changes with size, format or quality, but differs for another picture', async () => {
    const original = await photo(1);
    const first = await differenceHash(original);
    for (const copy of [
      await sharp(original).jpeg({ quality: 60 }).toBuffer(),
      await sharp(original).resize(96, 96).webp().toBuffer(),
      await sharp(original).modulate({ brightness: 1.1 }).png().toBuffer(),
    ]) {
      expect(hammingDistance(await differenceHash(copy), first)).toBeLessThanOrEqual(4);
    }
    expect(hammingDistance(await differenceHash(await photo(2)), first)).toBeGreaterThan(12);
  });

  it('has a bit for each pair of neighbours, row by row from the highest', async () => {
    const rising = Buffer.from(Array.from({ length: 72 }, (_, i) => (i % 9) * 20));
    const bytes = await sharp(rising, { raw: { width: 9, height: 8, channels: 1 } })
      .png()
      .toBuffer();
    expect(await differenceHash(bytes)).toEqual({ high: 0xffffffff, low: 0xffffffff });
    const one = Buffer.alloc(72);
    one[1] = 255;
    const dot = await sharp(one, { raw: { width: 9, height: 8, channels: 1 } })
      .png()
      .toBuffer();
    expect(await differenceHash(dot)).toEqual({ high: 0x80000000, low: 0 });
  });

  it('refuses a damaged picture and other files', async () => {
    await expect(differenceHash(Buffer.from('<svg/>'))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(differenceHash((await photo(1)).subarray(0, 60))).rejects.toMatchObject({
      code: 'bad-input',
    });
  });
});
