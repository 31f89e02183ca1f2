import { Flags } from '@oclif/core';
import type { ValuesOf } from './flags.ts';

const VIEW = 'View';

/** How a command that works for long shows what it does. */
export const viewFlags = {
  tui: Flags.boolean({
    summary: 'Show the work on a live screen, which `rewardedit watch` shows too.',
    helpGroup: VIEW,
    allowNo: true,
  }),
  'log-format': Flags.option({
    summary: 'Progress and messages as text, or as one event in JSON a line, for collectors of logs.',
    helpGroup: VIEW,
    options: ['text', 'json'] as const,
    default: 'text' as const,
  })(),
  tensorboard: Flags.string({
    summary: 'Folder to write an event file for TensorBoard into: scalars, pictures, texts.',
    helpGroup: VIEW,
    helpValue: 'FOLDER',
  }),
};

/** Their values; absent where a command does not have them. */
export type ViewOptions = Partial<ValuesOf<typeof viewFlags>> & { readonly quiet?: boolean | undefined };
