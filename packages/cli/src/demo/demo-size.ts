/** The size of the demo. */
export interface DemoSize {
  /** Triplets to train on: scenes, and photo edits. */
  readonly scenes: number;
  readonly photos: number;
  /** Edits to measure on. */
  readonly heldOutScenes: number;
  readonly heldOutPhotos: number;
  /** Training steps of each of the two stages 2. */
  readonly steps: number;
}

/** Pixels per side of all pictures. */
export const DEMO_SIDE = 32;
