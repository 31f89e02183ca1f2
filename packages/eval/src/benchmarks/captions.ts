import type { Captions } from './benchmark.ts';

/** Field names for the captions of both pictures in published datasets: Emu Edit, UltraEdit, InstructPix2Pix, HQ-Edit and AnyEdit. */
const NAMES = [
  { edited: 'output_caption', original: 'input_caption' },
  { edited: 'target_caption', original: 'source_caption' },
  { edited: 'edited_caption', original: 'original_caption' },
  { edited: 'edited_prompt', original: 'original_prompt' },
] as const;

/** Captions in HQ-Edit and AnyEdit; elsewhere, fields of these names are pictures. */
const SHORT_NAMES = { edited: 'output', original: 'input' } as const;

/**
 * Returns the captions in a row's cells, if there is one of the edited picture. `description` is the original's caption if it has
 * already been taken out of the cells.
 */
export function captionsOf(
  cells: Readonly<Record<string, unknown>>,
  description?: string,
): Captions | undefined {
  const text = (name: string) => {
    const value = Object.hasOwn(cells, name) ? cells[name] : undefined;
    return typeof value === 'string' && value.trim() !== '' ? value : undefined;
  };
  // Without a description, a cell named `output` is the path of a picture.
  const names = description === undefined ? NAMES : [...NAMES, SHORT_NAMES];
  for (const name of names) {
    const edited = text(name.edited);
    if (edited !== undefined) return { edited, original: text(name.original) ?? description };
  }
  return undefined;
}
