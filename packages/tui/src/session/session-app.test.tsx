import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { render } from 'ink-testing-library';
import { INITIAL_STATE } from '@rewardedit/core';
import { blankPicture, writePng } from '@rewardedit/data';
import { expect, onTestFinished, test } from 'vitest';
import type { EditChoice } from './choice.ts';
import { SessionApp } from './session-app.tsx';
import type { Studio } from './studio.ts';

const ENTER = '\r';
const ESCAPE = '\u001B';
const UP = '\u001B[A';
const DOWN = '\u001B[B';
const LEFT = '\u001B[D';

async function opened() {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-session-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'photos'));
  await writePng(join(folder, 'photos', 'house.png'), blankPicture(8, 8, [200, 0, 0]));
  await writeFile(join(folder, 'notes.txt'), 'no picture');
  const edits: EditChoice[] = [];
  const saved: string[] = [];
  const studio: Studio = {
    models: async () => ['runs/first/model'],
    suited: async () => ({ steps: 50, textGuidance: 7.5, imageGuidance: 1.5, rewardGuidance: 0 }),
    async edit(choices) {
      edits.push(...choices);
      return Promise.all(
        choices.map(async (_, i) => {
          const result = join(folder, `${edits.length}-${i}.png`);
          await writePng(result, blankPicture(8, 8, [0, 0, 200]));
          return { source: join(folder, 'photos', 'house.png'), result };
        }),
      );
    },
    judge: async () => ({
      scores: { following: 4, preserving: 3, quality: 5 },
      feedback: { preserving: 'the roof is gone' },
    }),
    save: async (_version, path) => {
      saved.push(path);
    },
    commands: ({ choice }, out) => [`rewardedit edit ${choice.picture} --out ${out}`],
    run: { folder, state: () => INITIAL_STATE, subscribe: () => () => undefined },
  };
  const choice: EditChoice = {
    ...{ model: undefined, picture: undefined, instruction: '', steps: 10, seed: 0 },
    scores: { following: 5, preserving: 5, quality: 5 },
    ...{ textGuidance: 1, imageGuidance: 1, rewardGuidance: 0.5 },
  };
  const app = render(<SessionApp {...{ studio, choice, folder }} onState={() => undefined} />);
  onTestFinished(() => app.unmount());
  const expectShown = (text: string) => expect.poll(() => app.lastFrame()).toContain(text);
  const type = async (...keys: string[]) => {
    for (const key of keys) {
      app.stdin.write(key);
      await sleep(30);
    }
  };
  return { app, edits, saved, expectShown, type };
}

test('chooses a model and a picture, then edits, judges, varies, sweeps and saves, by keys alone', async () => {
  const { app, edits, saved, expectShown, type } = await opened();
  await expectShown('runs/first/model');
  await type(ENTER);
  await expectShown('photos/');
  await type('photos');
  await expectShown('photos▏');
  await type(ENTER);
  await expectShown('house.png');
  await type('house');
  await expectShown('house▏');
  await type(ENTER);
  await expectShown('› instruction');
  await type('make it snowy', ENTER);
  await expectShown('History: 1');
  expect(edits[0]).toMatchObject({ model: 'runs/first/model', instruction: 'make it snowy', seed: 0 });
  expect(edits[0]).toMatchObject({ steps: 50, textGuidance: 7.5 });

  await type(ESCAPE);
  await expectShown('› following');
  await type(LEFT, LEFT, 'e');
  await expectShown('following 4');
  await type('j');
  await expectShown('the roof is gone');
  await type('v');
  await expectShown('History: 3');
  expect(edits.at(-1)).toMatchObject({ seed: 1, scores: { following: 4 } });

  // Several keys between two frames.
  app.stdin.write(DOWN);
  app.stdin.write(DOWN);
  await expectShown('› quality');
  await type(UP, UP, 't');
  await expectShown('History: 4');
  expect(edits.slice(-6).map(({ scores }) => scores.following)).toEqual([0, 1, 2, 3, 4, 5]);

  await type('w');
  await expectShown('save as: edited-4.png');
  await type(ENTER);
  await expectShown('Saved as edited-4.png.');
  expect(saved).toEqual(['edited-4.png']);
  // As over a slow connection.
  await type('uc');
  await expectShown('changed: 100%');
});

test('reports what cannot be done, and survives errors', async () => {
  const { expectShown, type } = await opened();
  await expectShown('runs/first/model');
  await type(ENTER);
  await expectShown('photos/');
  await type(ESCAPE);
  await expectShown('instruction');
  await type(ENTER);
  await expectShown('Choose a picture first.');
  // Typed text with the following Enter, as over a slow connection.
  await type('make it snowy\r');
  await expectShown('make it snowy▏');
  await expectShown('Choose a picture first.');
});
