/** Something that can be closed for a while, so that nobody gets through. */
export type Gate = {
  isClosed(): boolean;
  /** Closes what is open, and opens what is closed. */
  toggle(): void;
  /** Settles once it is open, or the signal fires. */
  passed(signal: AbortSignal): Promise<void>;
};

export function createGate(): Gate {
  let closed = false;
  let waiting: (() => void)[] = [];
  const isClosed = () => closed;
  return {
    isClosed,
    toggle() {
      closed = !closed;
      for (const goOn of waiting) goOn();
      waiting = [];
    },
    async passed(signal) {
      while (isClosed() && !signal.aborted)
        await new Promise<void>((goOn) => {
          waiting.push(goOn);
          signal.addEventListener('abort', () => goOn(), { once: true });
        });
    },
  };
}
