import { EDIT_KINDS, type Random, type Rewrites } from '@rewardedit/core';
import { wrongSceneEdit } from './faulty-edit.ts';
import { randomInstruction } from './instruction.ts';
import type { Scene } from './scene.ts';
import { randomSceneEdit, type SceneEdit } from './scene-edit.ts';

/** Number of wrong instructions per pair. */
export const WRONG = 3;
const [OF_SAME_SORT, MOST_ATTEMPTS] = [12, 100];
const UNCHANGED = 'leave the picture as it is';

/**
 * Writes an instruction for what a pair really shows, "make the red circle blue and remove the green square", and instructions for similar
 * edits that it does not show.
 *
 * @param shown the edits that are visible in the edited picture.
 * @param asked the requested edits, at least one.
 */
export function sceneRewrites(
  scene: Scene,
  shown: readonly SceneEdit[],
  asked: readonly SceneEdit[],
  random: Random,
): Rewrites {
  const instruct = (edits: readonly SceneEdit[]) =>
    edits.map((edit) => randomInstruction(scene, edit, random)).join(' and ');
  const [first = asked[0], ...rest] = shown;
  const wrong = new Map<string, string>();
  for (let attempt = 0; wrong.size < WRONG && attempt < MOST_ATTEMPTS; attempt++) {
    // Few scenes have enough wrong edits of the same kind: after a few tries, any other edit will do.
    const other =
      attempt < OF_SAME_SORT
        ? wrongSceneEdit(scene, first, random)
        : randomSceneEdit(scene, random.pick(EDIT_KINDS), random);
    const isShown = shown.some((edit) => JSON.stringify(edit) === JSON.stringify(other));
    // Another wording of the same edit would not be a wrong instruction.
    if (!isShown) wrong.set(JSON.stringify(other), instruct([other, ...rest]));
  }
  return { rectified: shown.length === 0 ? UNCHANGED : instruct(shown), wrong: [...wrong.values()] };
}
