import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blankPicture, readPicture } from '@rewardedit/data';
import { describe, expect, it } from 'vitest';
import { openLpips } from './lpips.ts';

const FOLDER = fileURLToPath(new URL('../../../../../shared/weights/lpips', import.meta.url));

// The pictures and the values are those of LPIPS' own repository.
describe.each([
  { name: 'alex', expected: [0.722, 0.138] },
  { name: 'squeeze', expected: [0.711, 0.148] },
])('LPIPS on $name', ({ name, expected }) => {
  it('gives the published values for its three example pictures', async ({ skip }) => {
    if (!existsSync(FOLDER)) skip(`skipped: there are no weights in ${FOLDER}`);
    const lpips = await openLpips(join(FOLDER, `${name}.onnx`));
    const [reference, first, second] = await Promise.all(
      ['ex_ref.png', 'ex_p0.png', 'ex_p1.png'].map((file) => readPicture(join(FOLDER, file))),
    );
    expect(await lpips.distance(reference, first)).toBeCloseTo(expected[0], 3);
    expect(await lpips.distance(reference, second)).toBeCloseTo(expected[1], 3);
    expect(await lpips.distance(first, first)).toBeCloseTo(0, 6);
    await expect(lpips.distance(first, blankPicture(8, 8))).rejects.toThrow(/64x64 and 8x8/);
    await lpips.dispose();
  });
});
