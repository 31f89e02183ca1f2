import { render } from 'ink';
import type { ReactNode } from 'react';
import { ColourContext } from './pictures/colours.ts';
import { colourDepth } from './pictures/depth.ts';
import { Repainted } from './repainted.tsx';

const FRAMES_A_SECOND = 10;

/**
 * Shows a screen on the terminal until it is left, and gives the terminal back as it was: also after an exception or a signal. For those
 * who have it read aloud (`isSpoken`) it has no frame of its own, but adds lines.
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
    // Ctrl-C is a key like others; Ink would leave in the middle of what it does.
    exitOnCtrlC: false,
    patchConsole: false,
    // CI says that nobody watches; who asks for a screen does.
    interactive: true,
  });
  await instance.waitUntilExit();
}
