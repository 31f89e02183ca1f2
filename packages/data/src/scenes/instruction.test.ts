import { EDIT_KINDS, createRandom } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import { wrongSceneEdit } from './faulty-edit.ts';
import { randomInstruction, reportEdit, wordings } from './instruction.ts';
import { randomScene, shapeAt, type Scene } from './scene.ts';
import { applySceneEdit, randomSceneEdit, type SceneEdit } from './scene-edit.ts';

const cases = Array.from({ length: 700 }, (_, i) => {
  const random = createRandom(3, 'instruction', i);
  const scene = randomScene(random);
  return { random, scene, edit: randomSceneEdit(scene, EDIT_KINDS[i % EDIT_KINDS.length], random) };
});

/** What an instruction for the edit has to name for one answer to be right. */
function mustName(scene: Scene, edit: SceneEdit): string[] {
  const shape = 'corner' in edit ? shapeAt(scene, edit.corner) : undefined;
  switch (edit.kind) {
    case 'local':
      return [`${shape?.colour} ${shape?.form}`, edit.colour];
    case 'remove':
      return [`${shape?.colour} ${shape?.form}`];
    case 'add':
      return [`${edit.colour} ${edit.form}`, `${edit.corner} corner`];
    case 'texture':
      return [`${shape?.colour} ${shape?.form}`, edit.texture];
    case 'background':
      return ['background', edit.colour];
    case 'global':
    case 'style':
      break;
  }
  return edit.look === 'negative' ? [] : [edit.look];
}

describe('instructions', () => {
  it('name everything the edit depends on, in three to five wordings of at most ten words', () => {
    for (const { scene, edit } of cases) {
      const all = wordings(scene, edit);
      expect(new Set(all).size).toBe(all.length);
      expect(all.length).toBeGreaterThanOrEqual(3);
      expect(all.length).toBeLessThanOrEqual(5);
      for (const wording of all) {
        for (const name of mustName(scene, edit)) expect(wording).toContain(name);
        expect(wording.split(' ').length).toBeLessThanOrEqual(10);
        expect(wording).not.toMatch(/undefined|\ba [aeiou]/);
      }
    }
  });

  it('use few words', () => {
    const words = new Set(
      cases
        .flatMap(({ scene, edit }) => wordings(scene, edit))
        .join(' ')
        .split(' '),
    );
    expect(words.size).toBeLessThan(90);
  });

  it('use every wording', () => {
    const { scene, edit, random } = cases[0];
    const used = new Set(Array.from({ length: 100 }, () => randomInstruction(scene, edit, random)));
    expect(used).toEqual(new Set(wordings(scene, edit)));
  });

  it('name one shape only', () => {
    for (const { scene } of cases) {
      const names = scene.shapes.map(({ colour, form }) => `${colour} ${form}`);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe('wrong edits', () => {
  it('result in neither the right scene nor the original', () => {
    for (const { scene, edit, random } of cases) {
      const wrong = wrongSceneEdit(scene, edit, random);
      expect(applySceneEdit(scene, wrong)).not.toEqual(applySceneEdit(scene, edit));
      expect(applySceneEdit(scene, wrong)).not.toEqual(scene);
      expect(reportEdit(scene, wrong)).not.toBe(reportEdit(scene, edit));
    }
  });
});
