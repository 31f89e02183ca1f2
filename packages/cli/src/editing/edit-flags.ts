import { Errors, Flags } from '@oclif/core';
import { judgeFlags } from '../flags/judge-flags.ts';
import { parseCrop, type Crop } from './crop.ts';
import { parseSweep, type Sweep } from './sweep.ts';

const MANY = 'Several edits';

/** What was typed, and what it means. */
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

/** The options of `edit` that are not those of every command that draws. */
export const editFlags = {
  crop: cropFlag({
    summary:
      'Edit this part alone, which is then the result: the largest square in the middle, or a rectangle.',
    helpValue: 'square|WxH[+X+Y]',
  }),
  variations: Flags.integer({
    summary: 'Make so many edits, with one seed after another; -1, -2, ... is added to the file name.',
    helpGroup: MANY,
    min: 1,
    max: 1000,
    exclusive: ['best-of', 'sweep'],
  }),
  'best-of': Flags.integer({
    summary: 'Make so many edits, and keep the one that --judge scores best.',
    helpGroup: MANY,
    min: 2,
    max: 1000,
    exclusive: ['sweep'],
    dependsOn: ['judge'],
  }),
  sweep: sweepFlag({
    summary:
      'Edit with one value after another, into one labelled picture: following, preserving, quality, text-guidance, image-guidance, reward-guidance, steps or seed; those of a second --sweep are the rows.',
    helpGroup: MANY,
    helpValue: 'NAME=A..B[/STEP]|NAME=A,B,...',
    multiple: true,
    multipleNonGreedy: true,
  }),
  format: Flags.option({
    summary: 'Format of the pictures in a folder; a single one has that of its ending.',
    helpGroup: MANY,
    options: ['png', 'jpg', 'webp'] as const,
    default: 'png' as const,
  })(),
  ...judgeFlags,
  judge: Flags.string({
    summary: 'Who scores for --best-of, as `annotate` has it.',
    helpValue: 'JUDGE',
    dependsOn: ['best-of'],
  }),
};
