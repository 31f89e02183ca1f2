import { useApp, useWindowSize } from 'ink';
import { useEffect, useRef, type ReactNode } from 'react';

/** When nobody has changed the size for so long, nobody is about to. */
const SETTLED_MILLISECONDS = 150;

/**
 * A screen that is drawn anew, whole, when its terminal has another size. Terminals move what is on them then, and Ink, which draws only
 * the lines that are others, would leave what was moved: it draws all of them after the terminal was another's for a moment.
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
    // Where it is another's already, as while a picture is shown at full size, all is drawn anew afterwards in any case.
    const repaint = () => void suspendTerminal(() => undefined).catch(() => undefined);
    const timer = setTimeout(repaint, SETTLED_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [columns, rows, suspendTerminal]);
  return children;
}
