import { render } from 'ink';
import type { ReactNode } from 'react';
import { ColourContext } from './pictures/colours.ts';
import { colourDepth } from './pictures/depth.ts';
import { Repainted } from './repainted.tsx';

const FRAMES_A_SECOND = 10;

/**
 * Shows a screen on the terminal until the user leaves it, and restores the terminal, even after an exception or a signal. For
 * screen readers (`isSpoken`), it appends lines instead of using the alternate screen.
 */
export async function openTerminal(
  screen: ReactNode,
  { isSpoken }: { readonly isSpoken: boolean },
): Promise<void> {
  const shown = isSpoken ? screen : <Repainted>{screen}</Repainted>;
  const instance = render(<ColourContext value={colourDepth()}>{shown}</ColourContext>, {
    alternateScreen: !isSpoken,
    isScreenReaderEnabled: isSpoken,
    incrementalRendering: !isSpoken,
    maxFps: FRAMES_A_SECOND,
    // Ctrl-C is an ordinary key; Ink would exit in the middle of an action.
    exitOnCtrlC: false,
    patchConsole: false,
    // Ink does not draw in CI, but a user who asks for a screen is watching.
    interactive: true,
  });
  await instance.waitUntilExit();
}
