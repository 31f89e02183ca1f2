import { Errors, Flags } from '@oclif/core';
import { inGroup, repeatable } from '../flags/flags.ts';
import { judgeFlags } from '../flags/judge-flags.ts';
import { parseCrop, type Crop } from './crop.ts';
import { parseSweep, type Sweep } from './sweep.ts';

/** An option as typed, and its parsed value. */
export type Typed<Value> = { readonly text: string; readonly value: Value };

const cropFlag = Flags.custom<Typed<Crop>>({
  parse: async (text) => {
    const value = parseCrop(text);
    if (value !== undefined) return { text, value };
    throw new Errors.CLIError(`Expected square, 512x384 or 512x384+100+50 but received: ${text}`);
  },
});

const sweepFlag = Flags.custom<Typed<Sweep>>({
  parse: async (text) => {
    const value = parseSweep(text);
    if (typeof value !== 'string') return { text, value };
    throw new Errors.CLIError(`${value} but received: ${text}`);
  },
});

/** The options that only `edit` has. */
export const editFlags = {
  crop: cropFlag({
    summary:
      'Edit only this part, which becomes the result: the largest centred square, or a rectangle, centred without +X+Y.',
    helpValue: 'square|WxH[+X+Y]',
  }),
  ...inGroup('Multiple edits', {
    variations: Flags.integer({
      summary: 'Number of edits, with consecutive seeds; -1, -2, ... is appended to the file name.',
      min: 1,
      max: 1000,
      exclusive: ['best-of', 'sweep'],
    }),
    'best-of': Flags.integer({
      summary: 'Number of edits, of which the one with the highest score by --judge is kept.',
      min: 2,
      max: 1000,
      exclusive: ['sweep'],
      dependsOn: ['judge'],
    }),
    sweep: sweepFlag({
      summary:
        'Edit once for each value of an option, and arrange the results in one labelled picture: following, preserving, quality, text-guidance, image-guidance, reward-guidance, steps or seed; a second --sweep adds rows.',
      helpValue: 'NAME=A..B[/STEP]|NAME=A,B',
      ...repeatable,
    }),
    format: Flags.option({
      summary: 'Picture format in a folder; that of a single picture follows from its file extension.',
      options: ['png', 'jpg', 'webp'] as const,
      default: 'png' as const,
    })(),
  }),
  ...judgeFlags,
  judge: Flags.string({
    summary: 'Judge for --best-of, as in `annotate`.',
    helpValue: 'JUDGE',
    dependsOn: ['best-of'],
  }),
};
