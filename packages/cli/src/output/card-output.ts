import { Flags } from '@oclif/core';
import { seedFlag } from '../flags/flags.ts';

/** The options of the commands that write a card. */
export const cardFlags = {
  name: Flags.string({
    summary: 'Name in the card; the folder name by default.',
    helpValue: 'NAME',
  }),
  license: Flags.string({
    summary: 'Hugging Face identifier of the licence, such as cc-by-4.0; the card names none by default.',
    helpValue: 'ID',
  }),
  out: Flags.string({ summary: 'File for the card; printed by default.', helpValue: 'FILE' }),
  seed: seedFlag(),
};

export type CardReport = { readonly card: string; readonly path?: string };

/** Writes a card to a file, or prints it. */
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
