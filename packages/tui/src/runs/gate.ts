/** A gate that can be closed to make others wait. */
export type Gate = {
  isClosed(): boolean;
  /** Opens or closes it. */
  toggle(): void;
  /** Resolves once it is open, or the signal aborts. */
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
