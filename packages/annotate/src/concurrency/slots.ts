/** Lets a limited number of things be under way at once. */
export type Slots = {
  /** Waits for a free slot and takes it. */
  take(): Promise<void>;
  release(): void;
  readonly taken: number;
  /** Waits until no slot is taken. */
  idle(): Promise<void>;
};

export function createSlots(count: number): Slots {
  let taken = 0;
  let wake: (() => void) | undefined;
  const waitUntil = async (condition: () => boolean) => {
    while (!condition()) await new Promise<void>((resolve) => (wake = resolve));
  };
  return {
    async take() {
      await waitUntil(() => taken < count);
      taken += 1;
    },
    release() {
      taken -= 1;
      wake?.();
    },
    get taken() {
      return taken;
    },
    idle: () => waitUntil(() => taken === 0),
  };
}
