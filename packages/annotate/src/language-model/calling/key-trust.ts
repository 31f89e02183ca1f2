import { refusedKey, type CallFailure } from './failures.ts';

/**
 * Determines what a 403 means. Once the key was accepted for anything, a 403 is about that one question; until then, calls that got one
 * wait for the outcome of the others.
 */
export type KeyTrust = {
  /** A call begins. Returns the function that ends it. */
  begin(): () => void;
  /** A call got a reply. */
  confirm(): void;
  /** Resolves once the key was accepted. Throws `authentication` if all calls under way, or several, were refused. */
  doubt(failure: CallFailure): Promise<void>;
};

/** So many refused calls without an accepted one are about the key. */
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
