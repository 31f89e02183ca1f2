import { relative, resolve } from 'node:path';
import { useApp, useInput, useStdin, useStdout, useWindowSize, type Key } from 'ink';
import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import { showFullPicture } from '../pictures/show-full-picture.ts';
import { nameOf, namesOf } from '../watch/keys.ts';
import { SLIDERS, isSlider, missingFrom, moved, sweep, type EditChoice } from './choice.ts';
import { Chooser } from './chooser.tsx';
import { clipboardCommand } from './clipboard.ts';
import { FileBrowser } from './file-browser.tsx';
import { pressInSession, type SessionEffect, type SessionPressed } from './session-keys.ts';
import { SessionScreen } from './session-screen.tsx';
import { added, chosen, firstState, shownVersion, updated, type SessionState } from './session-state.ts';
import type { Studio } from './studio.ts';

type Props = {
  readonly studio: Studio;
  readonly choice: EditChoice;
  /** The folder where browsing for pictures starts. */
  readonly folder: string;
  /** Called with every state, so that all versions are known when the user leaves. */
  readonly onState: (state: SessionState) => void;
};

/** The number of edits in a strip. */
const PLACES = 6;

/** The interactive session: dispatches keys to actions and shows their results. */
export function SessionApp({ studio, choice: first, folder, onState }: Props) {
  const { exit, suspendTerminal } = useApp();
  const { stdin } = useStdin();
  const { stdout } = useStdout();
  const { columns, rows: lines } = useWindowSize();
  const rows = Math.max(2, lines - 1);
  const [state, show] = useState(() => firstState(first));
  /** The current state, ahead of rendering: several keys may arrive between two frames. */
  const latest = useRef(state);
  const setState = useCallback((change: (now: SessionState) => SessionState) => {
    latest.current = change(latest.current);
    show(latest.current);
  }, []);
  const [models, setModels] = useState<readonly string[]>([]);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => studio.run.subscribe(redraw), [studio]);
  useEffect(() => void studio.models().then(setModels), [studio]);
  useEffect(() => onState(state), [state, onState]);

  /** Runs a long action, unless another is in progress; reports errors. */
  const work = async (
    busy: string,
    task: (signal: AbortSignal) => Promise<(state: SessionState) => SessionState>,
  ) => {
    if (stop.current !== undefined) return;
    const controller = new AbortController();
    stop.current = controller;
    setState((now) => ({ ...now, busy, message: undefined }));
    try {
      const change = await task(controller.signal);
      setState((now) => ({ ...change(now), busy: undefined }));
    } catch (error) {
      const message = controller.signal.aborted
        ? 'Stopped.'
        : error instanceof Error
          ? error.message
          : String(error);
      setState((now) => ({ ...now, busy: undefined, message }));
    } finally {
      stop.current = undefined;
    }
  };
  const edit = (choice: EditChoice) => {
    const missing = missingFrom(choice);
    if (missing !== undefined) {
      setState((now) => ({ ...now, message: missing }));
      return undefined;
    }
    return work('editing', async (signal) => {
      const [made] = await studio.edit([choice], signal);
      return (now) => added({ ...now, choice }, { choice, made, isKept: false });
    });
  };
  const effects: Readonly<Record<SessionEffect, (now: SessionState) => Promise<void> | undefined | void>> = {
    edit: ({ choice }) => edit(choice),
    vary: ({ choice }) => edit(moved(choice, 'seed', 1)),
    judge: (now) => {
      const version = shownVersion(now);
      if (version === undefined) return undefined;
      return work('judging', async (signal) => {
        const verdict = await studio.judge(version.choice, version.made, signal);
        return (later) => updated(later, { verdict });
      });
    },
    sweep: ({ choice, focus }) => {
      const missing =
        missingFrom(choice) ??
        (isSlider(focus) && focus !== 'seed' ? undefined : 'Select the slider to sweep first.');
      if (missing !== undefined || !isSlider(focus)) {
        setState((before) => ({ ...before, message: missing }));
        return undefined;
      }
      const choices = sweep(choice, focus, PLACES);
      return work(`a strip of ${SLIDERS[focus].label}`, async (signal) => {
        const made = await studio.edit(choices, signal);
        const strip = { slider: focus, values: choices.map(SLIDERS[focus].get), made };
        return (later) => added(later, { choice, made: made.at(-1)!, strip, isKept: false });
      });
    },
    save: (now) => {
      const [version, path] = [shownVersion(now), now.saving];
      if (version === undefined || path === undefined) return undefined;
      setState((before) => ({ ...before, saving: undefined }));
      return work('saving', async () => {
        await studio.save(version, path);
        return (later) => ({
          ...updated(later, { saved: path, isKept: true }),
          message: `Saved as ${path}.`,
        });
      });
    },
    copy: (now) => {
      const version = shownVersion(now);
      if (version === undefined) {
        setState((before) => ({ ...before, message: 'There is nothing to copy yet.' }));
        return;
      }
      const command = studio.commands(version, version.saved ?? 'edited.png').join(' && ');
      stdout.write(clipboardCommand(command));
      setState((before) => ({ ...before, message: `Copied: ${command}` }));
    },
    picture: async (now) => {
      const version = shownVersion(now);
      const paths = [version?.made.result ?? now.choice.picture ?? ''];
      const message = await showFullPicture(paths, { stdin, stdout, suspendTerminal, columns, rows });
      setState((before) => ({ ...before, message }));
    },
    cancel: () => stop.current?.abort(),
    leave: () => {
      stop.current?.abort();
      exit();
    },
  };

  useInput(
    (input, key) => {
      const { state: next, effect } = pressAll(latest.current, input, key);
      setState(() => next);
      if (effect === undefined) return;
      Promise.resolve(effects[effect](next)).catch((error: Error) =>
        setState((now) => ({ ...now, message: error.message })),
      );
    },
    { isActive: state.stage === 'edit' },
  );

  const take = (change: Partial<EditChoice>) =>
    setState((now) => {
      const next = chosen(now, { ...now.choice, ...change });
      return { ...next, stage: next.choice.picture === undefined ? 'picture' : 'edit', focus: 'instruction' };
    });
  const takeModel = (model: string) =>
    void work('opening the model', async () => {
      const suited = await studio.suited(model);
      take({ model, ...suited });
      return (now) => now;
    });
  const back = () => {
    if (state.choice.model === undefined) exit();
    else setState((now) => ({ ...now, stage: 'edit' }));
  };
  if (state.stage === 'model') {
    const options = models.map((path) => ({ label: path, path }));
    const title =
      models.length === 0
        ? 'There is no model folder here or below: make one with `rewardedit demo`, or name one with --model'
        : 'Model';
    return <Chooser {...{ title, options, columns, rows }} onChosen={takeModel} onBack={back} />;
  }
  if (state.stage === 'picture')
    return (
      <FileBrowser
        start={resolve(folder, state.choice.picture ?? '')}
        {...{ columns, rows }}
        onChosen={(picture) => take({ picture: nearName(folder, picture) })}
        onBack={back}
      />
    );
  return (
    <SessionScreen
      {...{ state, columns, rows }}
      run={{ folder: studio.run.folder, state: studio.run.state() }}
    />
  );
}

/** Handles the keys of one input, up to the first long action; typed or pasted text arrives in one piece. */
function pressAll(before: SessionState, input: string, key: Key): SessionPressed {
  if (isTyping(before)) {
    const [, text, enter] = /^(\P{Cc}+)(\r)$/u.exec(input) ?? [];
    // A slow connection delivers the text and the following Enter together.
    if (enter === undefined) return pressInSession(before, nameOf(input, key), input);
    return pressInSession(pressInSession(before, text, text).state, 'return', enter);
  }
  let pressed: SessionPressed = { state: before };
  for (const name of namesOf(input, key)) {
    pressed = pressInSession(pressed.state, name, name);
    if (pressed.effect !== undefined || isTyping(pressed.state)) break;
  }
  return pressed;
}

function isTyping({ focus, saving }: SessionState): boolean {
  return focus === 'instruction' || saving !== undefined;
}

/** A path as a user would type it: relative if it is below the working folder. */
function nearName(folder: string, path: string): string {
  const near = relative(folder, path);
  return near === '' || near.startsWith('..') ? path : near;
}
