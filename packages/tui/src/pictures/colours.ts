import { createContext, useContext } from 'react';
import type { ColourDepth } from './cells.ts';

/** The number of colours of the terminal. */
export const ColourContext = createContext<ColourDepth>(24);

export function useColourDepth(): ColourDepth {
  return useContext(ColourContext);
}
