import type { EditKind, Perspective } from '@rewardedit/core';

/** What a judge is told about a perspective: what to look at, and what each whole score means. */
export type Rubric = {
  readonly question: string;
  readonly lookAt: readonly string[];
  /** From 0 to 5. */
  readonly anchors: readonly [string, string, string, string, string, string];
};

export const RUBRICS: Readonly<Record<Perspective, Rubric>> = {
  following: {
    question: 'Does the edited picture show what the instruction asks for?',
    lookAt: [
      'Take the instruction apart: what is to change, where, how much, into what. Check each part.',
      'Only what was asked counts. Whether other things changed, or whether the result is pretty, does not.',
      'Where nothing changed, nothing was followed, however good the picture is.',
    ],
    anchors: [
      'nothing that was asked was done, or the opposite',
      'a trace of it, or in the wrong place or on the wrong thing',
      'some of it: a main part is missing or wrong',
      'mostly done, with a part missing, too weak or too strong',
      'done, with a small difference in degree, shape or place',
      'done completely and exactly as asked',
    ],
  },
  preserving: {
    question: 'Is everything that the instruction does not mention as it was?',
    lookAt: [
      'Compare object by object and region by region: people and their faces, objects, their number, place, shape, colour and texture, background, text, framing, light.',
      'Changes that the instruction cannot do without (the shadow of something added, the ground behind something removed) are no faults.',
      'Whether the instruction was followed does not count. A picture in which nothing changed preserves everything.',
    ],
    anchors: [
      'another picture: nothing of the original is recognisable',
      'most of what should have stayed changed',
      'a main object or large regions changed',
      'several things changed visibly, the scene is the same',
      'small changes that one finds when one compares',
      'nothing changed besides what was asked',
    ],
  },
  quality: {
    question: 'Is the edited picture, looked at on its own, a good picture?',
    lookAt: [
      'Look for blur, noise, blocks, seams, halos, smears, doubled or broken shapes, wrong anatomy, unreadable text, light and perspective that do not fit.',
      'A style that the instruction asks for is no fault; nor are flaws that the original has in the same measure.',
      'Whether the instruction was followed or details were kept does not count.',
    ],
    anchors: [
      'ruined: noise, or nothing can be made out',
      'heavy flaws over most of the picture',
      'clear flaws that spoil a main part',
      'flaws that are seen at once, the picture is usable',
      'slight flaws, seen on a closer look',
      'clean and natural, without flaws',
    ],
  },
};

/** What to look at for each kind of edit. */
export const KIND_LINES: Readonly<Record<EditKind, string>> = {
  local:
    'A change of one thing (its colour, shape, pose or expression): the right thing changed, wholly, up to its borders; its other properties and its neighbours stayed.',
  remove:
    'A removal: the thing is gone with its shadow and reflection, nothing of it is left, and what is now seen in its place fits; nothing else was removed.',
  add: 'An addition: the new thing is there, in the number, place and size asked for, lit and scaled as the scene; it hides nothing that matters and displaced nothing.',
  texture:
    'A change of material or pattern: the surface of the right thing looks like the material asked for, its shape and shading stayed.',
  background:
    'A change of background: the surroundings are what was asked for, the things in front are untouched, their outline is clean and their light fits.',
  global:
    'A change of the whole picture (weather, season, time, light, colours): it is seen everywhere, evenly, and the objects and their arrangement stayed.',
  style:
    'A change of style: the whole picture is in the style asked for, and its contents, arrangement and the identity of people are still recognisable.',
};
