import { crc32 } from 'node:zlib';
import { EDIT_KINDS, createRandom, type EditKind, type Random } from '@rewardedit/core';
import { staysTrueWhenFlipped } from '../dataset/flipping.ts';
import type { MadeTriplet } from '../dataset/made-triplet.ts';
import { faultsOf } from '../faults/fault.ts';
import { FAULT_RATE, planFaults } from '../faults/fault-plan.ts';
import { spoilVisibly } from '../faults/quality-fault.ts';
import { blendPixels, changedShare, toPicture, type Pixels } from '../pictures/pixels.ts';
import { describeScene } from './describe-scene.ts';
import { drawScene } from './draw-scene.ts';
import { unrelatedSceneEdit, wrongSceneEdit } from './faulty-edit.ts';
import { randomInstruction, reportEdit } from './instruction.ts';
import { sceneRewrites } from './scene-rewrites.ts';
import { randomScene, type Scene } from './scene.ts';
import { reason, SKILLS, type Reasoned } from './reasoning/reasoning.ts';
import { applySceneEdit, applySceneEdits, randomSceneEdit, type SceneEdit } from './scene-edit.ts';

/** One of two sets of scenes. No scene of one set has the layout of a scene of the other, whatever their seeds. */
export const SCENE_SPLITS = ['train', 'held-out'] as const;
export type SceneSplit = (typeof SCENE_SPLITS)[number];

export type SceneOptions = {
  /** Side length in pixels; 32 by default. */
  readonly size?: number;
  /** Share of triplets with at least one fault; 0.6 by default. Does not affect scenes and instructions. */
  readonly faultRate?: number;
  /** Kinds of edits, in equal shares; all seven by default. */
  readonly kinds?: readonly EditKind[];
  readonly split?: SceneSplit;
  /** Instructions that can only be understood together with the picture (`reason`), instead of the kinds; all skills in equal shares. */
  readonly reasoning?: boolean;
  /** Adds an instruction for what the pair really shows, and wrong instructions. */
  readonly rewrites?: boolean;
};

export const SCENE_SIZE = 32;

/** An unrelated edit must change at least this share of the pixels by at least this much (0 to 1). */
const VISIBLE_SHARE = 0.03;
const VISIBLE_DIFFERENCE = 0.06;
const MOST_ATTEMPTS = 20;
/** Strength from which an unrelated edit is part of what the pair shows. */
const PLAIN_STRENGTH = 0.7;

/**
 * Draws triplet number `index` of the set with this seed and split: a scene, an instruction, the scene after the edit (`truth`), and the
 * edited picture, which may have known faults. It depends only on seed, index and options, so triplets can be made in any order and by any
 * number of processes.
 */
export function sceneTriplet(seed: number, index: number, options: SceneOptions = {}): MadeTriplet {
  const { size = SCENE_SIZE, faultRate = FAULT_RATE, split = 'train', reasoning = false } = options;
  const { rewrites = false } = options;
  const { name, scene, edits, instruction } = (reasoning ? reasoningTask : simpleTask)(seed, index, options);

  const original = drawScene(scene, size);
  const truth = drawScene(applySceneEdits(scene, edits), size);
  // Faults have their own random stream: the same set without faults has the same scenes.
  const faultRandom = createRandom(seed, 'scene-faults', split, index);
  const { edited, faults, shown } = spoil(scene, edits, size, faultRate, faultRandom);
  return {
    triplet: {
      id: `${name}-${split}-${seed}-${String(index).padStart(6, '0')}`,
      instruction,
      kind: edits[0].kind,
      description: describeScene(scene),
      faults,
      flippable: staysTrueWhenFlipped(instruction),
      ...(rewrites && {
        rewrites: sceneRewrites(scene, shown, edits, createRandom(seed, 'scene-rewrites', split, index)),
      }),
    },
    pictures: { original: toPicture(original), edited: toPicture(edited), truth: toPicture(truth) },
  };
}

/** A scene and what is requested. */
interface Task extends Reasoned {
  /** Prefix of the ids. */
  readonly name: string;
  readonly scene: Scene;
}

function simpleTask(
  seed: number,
  index: number,
  { kinds = EDIT_KINDS, split = 'train' }: SceneOptions,
): Task {
  const random = createRandom(seed, 'scenes', split, index);
  const kind = nextInTurn(seed, 'scene-kinds', split, index, kinds);
  const scene = sceneOf(split, random);
  const edit = randomSceneEdit(scene, kind, random);
  return { name: 'scene', scene, edits: [edit], instruction: randomInstruction(scene, edit, random) };
}

function reasoningTask(seed: number, index: number, { split = 'train' }: SceneOptions): Task {
  const random = createRandom(seed, 'reasoning', split, index);
  const skill = nextInTurn(seed, 'reasoning-skills', split, index, SKILLS);
  let scene: Scene;
  let reasoned: Reasoned | undefined;
  do {
    scene = sceneOf(split, random);
    reasoned = reason(skill, scene, split, random);
  } while (!reasoned);
  return { name: `reasoning-${skill}`, scene, ...reasoned };
}

function sceneOf(split: SceneSplit, random: Random): Scene {
  let scene: Scene;
  do scene = randomScene(random);
  while (splitOf(scene) !== split);
  return scene;
}

/**
 * Returns the split of a scene. It depends on the layout (shapes, colours, corners and background), and one layout in ten is held out, so no
 * held-out scene is a training scene moved by a pixel.
 */
function splitOf({ background, shapes }: Scene): SceneSplit {
  const layout = shapes.map(({ corner, form, colour }) => `${corner} ${form} ${colour}`);
  return crc32([background.fill, background.colour, ...layout].join()) % 10 === 0 ? 'held-out' : 'train';
}

/** Picks a choice such that each block of as many triplets as there are choices has every choice once, in random order. */
function nextInTurn<T>(
  seed: number,
  purpose: string,
  split: SceneSplit,
  index: number,
  choices: readonly T[],
): T {
  const run = Math.floor(index / choices.length);
  const order = createRandom(seed, purpose, split, run).permutation(choices.length);
  return choices[order[index % choices.length]];
}

function spoil(scene: Scene, edits: Reasoned['edits'], size: number, faultRate: number, random: Random) {
  let plan = planFaults(random, faultRate);
  const [first, ...rest] = edits;
  const wrong = wrongSceneEdit(scene, first, random);
  const done = applySceneEdits(scene, edits);
  // The edited picture shows one scene, or two blended half and half.
  const shown = {
    none: [done],
    ignored: [scene],
    wrong: [applySceneEdits(scene, [wrong, ...rest])],
    half: [scene, done],
  }[plan.following ?? 'none'];

  let edited = drawOverlaid(shown, size);
  let besides: SceneEdit | undefined;
  let besidesText = '';
  if (plan.preserving !== undefined) {
    const pickEdit = () => unrelatedSceneEdit(scene, [...edits, wrong], random);
    const disturbed = disturb(shown, edited, plan.preserving.strength, pickEdit);
    edited = disturbed.pixels;
    besidesText = reportEdit(scene, disturbed.edit);
    if (plan.preserving.strength >= PLAIN_STRENGTH) besides = disturbed.edit;
  }
  if (plan.quality !== undefined) {
    const { degree } = plan.quality;
    const spoilt = spoilVisibly(edited, plan.quality.fault, degree, random);
    edited = spoilt.pixels;
    plan = { ...plan, quality: { fault: spoilt.fault, degree } };
  }
  const made = { none: edits, ignored: [], wrong: [wrong, ...rest], half: edits }[plan.following ?? 'none'];
  return {
    edited,
    faults: faultsOf(plan, { instead: reportEdit(scene, wrong), besides: besidesText }),
    shown: [...made, ...(besides === undefined ? [] : [besides])],
  };
}

/**
 * Blends an unrelated edit of the shown scenes into their drawing: the first random one that is visible (warm light on a brown scene is
 * not), or the most visible of many.
 */
function disturb(shown: readonly Scene[], drawing: Pixels, strength: number, pickEdit: () => SceneEdit) {
  const attempt = () => {
    const edit = pickEdit();
    const changed = shown.map((scene) => applySceneEdit(scene, edit));
    const pixels = blendPixels(drawing, drawOverlaid(changed, drawing.width), strength);
    return { edit, pixels, share: changedShare(drawing, pixels, VISIBLE_DIFFERENCE) };
  };
  let best = attempt();
  for (let attempts = 1; attempts < MOST_ATTEMPTS && best.share < VISIBLE_SHARE; attempts++) {
    const next = attempt();
    if (next.share > best.share) best = next;
  }
  return best;
}

function drawOverlaid(scenes: readonly Scene[], size: number): Pixels {
  const [first, second] = scenes.map((scene) => drawScene(scene, size));
  return second === undefined ? first : blendPixels(first, second, 0.5);
}
