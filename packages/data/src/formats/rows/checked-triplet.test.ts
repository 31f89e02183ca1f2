import sharp from 'sharp';
import { expect, it } from 'vitest';
import { checkPicture } from './checked-triplet.ts';

/** A JPEG with something to see, so that it has some data to lose. */
async function jpeg(): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  return sharp({ create: { width: 96, height: 96, channels: 3, background: 'grey', noise } })
    .jpeg()
    .toBuffer();
}

const END = Buffer.from([0xff, 0xd9]);

it('finds a truncated JPEG when decoding, even with an end marker', async () => {
  const whole = await jpeg();
  const cut = whole.subarray(0, Math.floor((whole.length * 2) / 3));
  for (const bytes of [cut, Buffer.concat([cut, END])]) {
    await expect(checkPicture(bytes, true)).rejects.toMatchObject({
      ...{ code: 'bad-input', message: 'it is damaged and cannot be fully decoded' },
    });
    await expect(checkPicture(bytes)).resolves.toMatchObject({ width: 96 });
  }
});

it('accepts extra bytes between segments and after the end', async () => {
  const whole = await jpeg();
  // After the first segment, whose length stands after its marker.
  const at = 4 + whole.readUInt16BE(4);
  const between = Buffer.concat([whole.subarray(0, at), Buffer.alloc(3), whole.subarray(at)]);
  for (const bytes of [whole, between, Buffer.concat([whole, Buffer.from('more')])])
    await expect(checkPicture(bytes, true)).resolves.toMatchObject({ width: 96, height: 96 });
});
