import { refusedKey, type CallFailure } from './failures.ts';

/**
 * Finds out what 403 means. Once the key has opened anything, it is about that one question; until then, calls that met it wait for
 * what becomes of the others.
 */
export type KeyTrust = {
  /** A call begins; gives the function that ends it. */
  begin(): () => void;
  /** A call got a reply. */
  confirm(): void;
  /** Resolves when the key has opened something. Throws 'authentication' where all calls under way, or several, met the same. */
  doubt(failure: CallFailure): Promise<void>;
};

/** So many calls that were refused, and none that was not, are about the key. */
const REFUSALS_THAT_TELL = 8;

/** @param host names the server in messages. */
export function createKeyTrust(host: string): KeyTrust {
  let confirmed = false;
  let underWay = 0;
  const waiting = new Set<{ readonly message: string; resolve(): void; reject(error: unknown): void }>();

  const settle = () => {
    if (waiting.size === 0 || (waiting.size < underWay && waiting.size < REFUSALS_THAT_TELL)) return;
    const all = [...waiting];
    waiting.clear();
    for (const { message, reject } of all) reject(refusedKey(message, host));
  };

  return {
    begin() {
      underWay += 1;
      return () => {
        underWay -= 1;
        settle();
      };
    },
    confirm() {
      confirmed = true;
      for (const { resolve } of waiting) resolve();
      waiting.clear();
    },
    async doubt({ message }) {
      if (confirmed) return;
      await new Promise<void>((resolve, reject) => {
        waiting.add({ message, resolve, reject });
        settle();
      });
    },
  };
}
