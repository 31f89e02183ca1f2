/** How much the demo does. */
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

/** Pixels a side of everything that is made. */
export const DEMO_SIDE = 32;

/** Under twelve minutes on two cores. */
export const FULL: DemoSize = {
  scenes: 5000,
  photos: 1500,
  heldOutScenes: 105,
  heldOutPhotos: 42,
  steps: 1500,
};
/** Under two minutes: enough to see what rewards do, not how well. */
export const QUICK: DemoSize = {
  scenes: 2000,
  photos: 300,
  heldOutScenes: 35,
  heldOutPhotos: 14,
  steps: 250,
};
