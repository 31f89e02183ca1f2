import { useApp, useWindowSize } from 'ink';
import { useEffect, useRef, type ReactNode } from 'react';

/** How long the size must be unchanged before the screen is redrawn. */
const SETTLED_MILLISECONDS = 150;

/**
 * A screen that is redrawn completely when its terminal is resized. Terminals then move their contents, and Ink, which draws only
 * changed lines, would leave what was moved; it draws all of them after giving up the terminal for a moment.
 */
export function Repainted({ children }: { readonly children: ReactNode }) {
  const { suspendTerminal } = useApp();
  const { columns, rows } = useWindowSize();
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return undefined;
    }
    // If it has already given it up, as for a picture at full size, everything is redrawn afterwards anyway.
    const repaint = () => void suspendTerminal(() => undefined).catch(() => undefined);
    const timer = setTimeout(repaint, SETTLED_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [columns, rows, suspendTerminal]);
  return children;
}
