import { blendPixels, clampPixels, type Pixels } from '../pictures/pixels.ts';
import type { MaskedPart } from './masks.ts';
import type { PossibleEdit } from './possible-edit.ts';
import { REGION_LOOKS, SKY_NAMES, asSky, skyWordings, type RegionLook } from './region-looks.ts';

/** Names of the part and of the rest in instructions. */
const CALLED: Readonly<Record<MaskedPart, { readonly part: string; readonly rest: string }>> = {
  subject: { part: 'the main subject', rest: 'the background' },
  sky: { part: 'the sky', rest: 'everything but the sky' },
};

/** Lists the edits of the part that a mask shows, and of the rest. */
export function maskedEdits(photo: Pixels, part: MaskedPart, mask: Float32Array): PossibleEdit[] {
  const rest = mask.map((weight) => 1 - weight);
  const within = (weights: Float32Array, edited: Pixels) =>
    clampPixels(blendPixels(photo, edited, 1, weights));
  const looks = Object.keys(REGION_LOOKS) as RegionLook[];
  const edits = looks.flatMap((look): PossibleEdit[] => {
    const { apply, wordings } = REGION_LOOKS[look];
    const like = look === 'blurred' ? { like: 'blur' as const } : {};
    return [
      {
        kind: part === 'sky' ? 'background' : 'local',
        wordings: wordings(CALLED[part].part),
        give: () => within(mask, apply(photo)),
        ...like,
      },
      {
        kind: 'background',
        wordings: wordings(CALLED[part].rest),
        give: () => within(rest, apply(photo)),
        ...like,
      },
    ];
  });
  if (part !== 'sky') return edits;
  const skies = SKY_NAMES.map((name): PossibleEdit => ({
    kind: 'background',
    wordings: skyWordings(name),
    give: () => within(mask, asSky(photo, name)),
  }));
  // People mostly ask for a new sky.
  return [...skies, ...edits];
}
