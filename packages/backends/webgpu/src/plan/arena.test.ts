import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layOut, type Lifetime } from './arena.ts';

const OPTIONS = { alignment: 256, maxSegment: 4096 };

const lifetimes: fc.Arbitrary<Lifetime[]> = fc.array(
  fc
    .record({ bytes: fc.integer({ min: 1, max: 3000 }), first: fc.nat(20), length: fc.nat(8) })
    .map(({ bytes, first, length }) => ({ bytes, first, last: first + length })),
  { maxLength: 40 },
);

test('values with overlapping lifetimes do not overlap in memory and are aligned', () => {
  fc.assert(
    fc.property(lifetimes, (given) => {
      const { placements, segments } = layOut(given, OPTIONS);
      given.forEach((a, i) => {
        const at = placements[i];
        expect(at.offset % OPTIONS.alignment).toBe(0);
        expect(at.offset + a.bytes).toBeLessThanOrEqual(segments[at.segment]);
        expect(segments[at.segment]).toBeLessThanOrEqual(OPTIONS.maxSegment);
        given.slice(0, i).forEach((b, j) => {
          const other = placements[j];
          if (a.last < b.first || b.last < a.first || other.segment !== at.segment) return;
          expect(at.offset >= other.offset + b.bytes || other.offset >= at.offset + a.bytes).toBe(true);
        });
      });
    }),
  );
});

test('freed memory is reused', () => {
  const chain = Array.from({ length: 10 }, (_, i) => ({ bytes: 1024, first: i, last: i + 1 }));
  expect(layOut(chain, OPTIONS).segments).toEqual([2048]);
});

test('a value larger than a segment gets its own segment', () => {
  const { segments } = layOut(
    [
      { bytes: 10_000, first: 0, last: 0 },
      { bytes: 4096, first: 0, last: 0 },
    ],
    OPTIONS,
  );
  expect(segments).toEqual([10_240, 4096]);
});
