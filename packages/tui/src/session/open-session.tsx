import { openTerminal } from '../open-terminal.tsx';
import type { EditChoice } from './choice.ts';
import { SessionApp } from './session-app.tsx';
import type { Version } from './session-state.ts';
import type { Studio } from './studio.ts';

export type SessionOptions = {
  readonly studio: Studio;
  /** What is chosen at first. */
  readonly choice: EditChoice;
  /** Folder that pictures are looked for in at first. */
  readonly folder: string;
  /** Whether it is read aloud. */
  readonly isSpoken: boolean;
};

/** Opens the interactive session on the terminal. Gives what was made, when it is left. */
export async function openSession({ isSpoken, ...options }: SessionOptions): Promise<readonly Version[]> {
  let versions: readonly Version[] = [];
  const onState = (state: { readonly versions: readonly Version[] }) => {
    versions = state.versions;
  };
  await openTerminal(<SessionApp {...options} onState={onState} />, { isSpoken });
  return versions;
}
