/** A picture that the browser has decoded. */
export type LoadedPicture = { readonly url: string; readonly width: number; readonly height: number };

/** Two pictures to compare: an edited one with the original or the true edit. */
export type Pair = { readonly reference: NamedPicture; readonly edited: NamedPicture };

export type NamedPicture = { readonly title: string; readonly picture: LoadedPicture };

export type Zoom = 'fit' | 'actual';

export const VIEW_MODES = ['side', 'slider', 'difference', 'blink'] as const;

export type ViewMode = (typeof VIEW_MODES)[number];

/** One way to show a pair. */
export type View = {
  readonly root: HTMLElement;
  /** Fits the pictures to the available space. */
  resize(zoom: Zoom): void;
};
