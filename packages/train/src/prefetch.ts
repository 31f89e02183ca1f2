/** Computes numbered values, the next one ahead of time. */
export interface Prefetch<Made> {
  get(number: number): Promise<Made>;
  /** Waits for the computation in progress, so that its inputs can be closed. */
  close(): Promise<void>;
}

export function prefetch<Made>(make: (number: number) => Promise<Made>): Prefetch<Made> {
  let ahead: { number: number; made: Promise<Made> } | undefined;
  return {
    async get(number) {
      const value = await (ahead?.number === number ? ahead.made : make(number));
      const next = make(number + 1);
      // An error is reported when the value is requested.
      next.catch(() => undefined);
      ahead = { number: number + 1, made: next };
      return value;
    },
    async close() {
      await ahead?.made.catch(() => undefined);
    },
  };
}
