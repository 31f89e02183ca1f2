import type { Captions } from './benchmark.ts';

/** What published datasets call the captions of both pictures: Emu Edit, UltraEdit, InstructPix2Pix, HQ-Edit and AnyEdit. */
const NAMES = [
  { edited: 'output_caption', original: 'input_caption' },
  { edited: 'target_caption', original: 'source_caption' },
  { edited: 'edited_caption', original: 'original_caption' },
  { edited: 'edited_prompt', original: 'original_prompt' },
] as const;

/** HQ-Edit and AnyEdit call the captions so; elsewhere these are pictures. */
const SHORT_NAMES = { edited: 'output', original: 'input' } as const;

/**
 * The captions in a row's cells, if it has one of the edited picture. Where a description of the original has been told from them already, the
 * cells hold the other caption alone.
 */
export function captionsOf(
  cells: Readonly<Record<string, unknown>>,
  description?: string,
): Captions | undefined {
  const text = (name: string) => {
    const value = Object.hasOwn(cells, name) ? cells[name] : undefined;
    return typeof value === 'string' && value.trim() !== '' ? value : undefined;
  };
  // Without a description, a cell called `output` says where a picture is.
  const names = description === undefined ? NAMES : [...NAMES, SHORT_NAMES];
  for (const name of names) {
    const edited = text(name.edited);
    if (edited !== undefined) return { edited, original: text(name.original) ?? description };
  }
  return undefined;
}
