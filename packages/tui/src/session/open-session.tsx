import { openTerminal } from '../open-terminal.tsx';
import type { EditChoice } from './choice.ts';
import { SessionApp } from './session-app.tsx';
import type { Version } from './session-state.ts';
import type { Studio } from './studio.ts';

export type SessionOptions = {
  readonly studio: Studio;
  /** The initial choice. */
  readonly choice: EditChoice;
  /** The folder where browsing for pictures starts. */
  readonly folder: string;
  /** Whether it is for a screen reader. */
  readonly isSpoken: boolean;
};

/** Opens the interactive session on the terminal. Resolves to all versions when the user leaves. */
export async function openSession({ isSpoken, ...options }: SessionOptions): Promise<readonly Version[]> {
  let versions: readonly Version[] = [];
  const onState = (state: { readonly versions: readonly Version[] }) => {
    versions = state.versions;
  };
  await openTerminal(<SessionApp {...options} onState={onState} />, { isSpoken });
  return versions;
}
