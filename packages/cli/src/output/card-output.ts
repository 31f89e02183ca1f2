import { Flags } from '@oclif/core';
import { seedFlag } from '../flags/flags.ts';

/** The options of every command that writes a card. */
export const cardFlags = {
  name: Flags.string({
    summary: 'What it is called; the name of the folder by default.',
    helpValue: 'NAME',
  }),
  license: Flags.string({
    summary: 'Licence as Hugging Face names it, such as cc-by-4.0; the card says nothing of one by default.',
    helpValue: 'ID',
  }),
  out: Flags.string({ summary: 'File for the card; otherwise it is printed.', helpValue: 'FILE' }),
  seed: seedFlag(),
};

export type CardReport = { readonly card: string; readonly path?: string };

/** Writes a card to its file, or prints it. */
export async function giveCard(
  card: string,
  { out, log }: { readonly out: string | undefined; readonly log: (text: string) => void },
): Promise<CardReport> {
  if (out === undefined) {
    log(card.trimEnd());
    return { card };
  }
  const { writeFileAtomic } = await import('@rewardedit/core');
  await writeFileAtomic(out, card);
  return { card, path: out };
}
