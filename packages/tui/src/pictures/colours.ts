import { createContext, useContext } from 'react';
import type { ColourDepth } from './cells.ts';

/** How many colours the terminal shows. */
export const ColourContext = createContext<ColourDepth>(24);

export function useColourDepth(): ColourDepth {
  return useContext(ColourContext);
}
