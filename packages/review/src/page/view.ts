import type { LoadedPicture } from './pictures.ts';

/** Two pictures to compare: the edited one with the original, or with the true edit where that is known. */
export type Pair = { readonly reference: NamedPicture; readonly edited: NamedPicture };

export type NamedPicture = { readonly title: string; readonly picture: LoadedPicture };

export type Zoom = 'fit' | 'actual';

/** One way to show a pair. */
export type View = {
  readonly root: HTMLElement;
  /** Fits the pictures to the room there is. */
  resize(zoom: Zoom): void;
};
