import { COLOUR_EDITS } from './colour-edits.ts';
import type { PhotoEdit } from './photo-edit.ts';
import { SPATIAL_EDITS } from './spatial-edits.ts';

/** All photo edits by name. */
export const PHOTO_EDITS: Readonly<Record<string, PhotoEdit>> = { ...COLOUR_EDITS, ...SPATIAL_EDITS };

export const PHOTO_EDIT_NAMES: readonly string[] = Object.keys(PHOTO_EDITS);
