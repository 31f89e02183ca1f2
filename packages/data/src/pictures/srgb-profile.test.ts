import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { isSrgbProfile } from './srgb-profile.ts';

async function profileOf(name: string): Promise<Buffer> {
  const raw = { width: 1, height: 1, channels: 3 } as const;
  const file = await sharp(Buffer.alloc(3), { raw }).withIccProfile(name).png().toBuffer();
  return (await sharp(file).metadata()).icc!;
}

/** A profile of the three primaries and one curve for all. */
function profile(
  curve: Buffer,
  { primaries = SRGB, space = 'RGB ', more = [] as [string, Buffer][] } = {},
): Buffer {
  const xyz = (values: readonly number[]) => {
    const tag = Buffer.alloc(20);
    tag.write('XYZ ');
    values.forEach((value, at) => tag.writeInt32BE(Math.round(value * 65_536), 8 + 4 * at));
    return tag;
  };
  const tags: [string, Buffer][] = [
    ...['rXYZ', 'gXYZ', 'bXYZ'].map((name, at): [string, Buffer] => [name, xyz(primaries[at])]),
    ...['rTRC', 'gTRC', 'bTRC'].map((name): [string, Buffer] => [name, curve]),
    ...more,
  ];
  const header = Buffer.alloc(132 + 12 * tags.length);
  header.write(space, 16);
  header.write('XYZ ', 20);
  header.write('acsp', 36);
  header.writeUInt32BE(tags.length, 128);
  let offset = header.length;
  tags.forEach(([name, data], at) => {
    header.write(name, 132 + 12 * at);
    header.writeUInt32BE(offset, 136 + 12 * at);
    header.writeUInt32BE(data.length, 140 + 12 * at);
    offset += data.length;
  });
  return Buffer.concat([header, ...tags.map(([, data]) => data)]);
}

const SRGB = [
  [0.4361, 0.2225, 0.0139],
  [0.3851, 0.7169, 0.0971],
  [0.1431, 0.0606, 0.7141],
];
const ADOBE_RGB = [
  [0.6097, 0.3111, 0.0195],
  [0.2053, 0.6257, 0.0609],
  [0.1492, 0.0632, 0.7446],
];

function formula(type: number, ...values: readonly number[]): Buffer {
  const tag = Buffer.alloc(12 + 4 * values.length);
  tag.write('para');
  tag.writeUInt16BE(type, 8);
  values.forEach((value, at) => tag.writeInt32BE(Math.round(value * 65_536), 12 + 4 * at));
  return tag;
}

function table(values: readonly number[]): Buffer {
  const tag = Buffer.alloc(12 + 2 * values.length);
  tag.write('curv');
  tag.writeUInt32BE(values.length, 8);
  values.forEach((value, at) => tag.writeUInt16BE(Math.round(value), 12 + 2 * at));
  return tag;
}

const light = (x: number) => (x <= 0.040_45 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
const SRGB_FORMULA = formula(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.040_45);
const srgbTable = (count: number) =>
  table(Array.from({ length: count }, (_, at) => light(at / (count - 1)) * 65_535));

describe('an sRGB profile', () => {
  it.each<[string, () => Buffer | Promise<Buffer>]>([
    ['as the decoder brings it along', () => profileOf('srgb')],
    ['by formula', () => profile(SRGB_FORMULA)],
    [
      'by formula with offsets',
      () => profile(formula(4, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.040_45, 0, 0)),
    ],
    ['by a table of 1024', () => profile(srgbTable(1024))],
    ['by a table of 4096', () => profile(srgbTable(4096))],
  ])('%s is recognised', async (_, make) => {
    expect(isSrgbProfile(await make())).toBe(true);
  });

  it.each<[string, () => Buffer | Promise<Buffer>]>([
    ['P3', () => profileOf('p3')],
    ['CMYK', () => profile(SRGB_FORMULA, { space: 'CMYK' })],
    ['of wider primaries', () => profile(SRGB_FORMULA, { primaries: ADOBE_RGB })],
    ['of a gamma of 2.2', () => profile(table([2.2 * 256]))],
    ['of a gamma of 2.2, by formula', () => profile(formula(0, 2.2))],
    ['of a gamma of 1.8', () => profile(formula(0, 1.8))],
    ['of light', () => profile(table([]))],
    ['of a formula that is not known', () => profile(formula(9, 1))],
    ['of a curve that is not known', () => profile(Buffer.from('what\0\0\0\0\0\0\0\0'))],
    ['of grey', () => profile(SRGB_FORMULA, { space: 'GRAY' })],
    ['with tables', () => profile(SRGB_FORMULA, { more: [['A2B0', Buffer.alloc(32)]] })],
    ['cut off', () => profile(srgbTable(1024)).subarray(0, 1500)],
    ['empty', () => Buffer.alloc(0)],
  ])('%s is not one', async (_, make) => {
    expect(isSrgbProfile(await make())).toBe(false);
  });
});
