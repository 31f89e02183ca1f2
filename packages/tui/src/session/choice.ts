import type { Perspective } from '@rewardedit/core';

/** Everything that the result of an edit depends on. */
export type EditChoice = {
  /** Model folder. */
  readonly model: string | undefined;
  readonly picture: string | undefined;
  readonly instruction: string;
  readonly scores: Readonly<Record<Perspective, number>>;
  readonly textGuidance: number;
  readonly imageGuidance: number;
  readonly rewardGuidance: number;
  readonly steps: number;
  readonly seed: number;
};

/** A number of a choice that a slider changes in steps. */
export type Slider = {
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly get: (choice: EditChoice) => number;
  readonly set: (choice: EditChoice, value: number) => EditChoice;
};

function score(label: string, name: Perspective): Slider {
  return {
    ...{ label, low: 0, high: 5, step: 0.5 },
    get: ({ scores }) => scores[name],
    set: (choice, value) => ({ ...choice, scores: { ...choice.scores, [name]: value } }),
  };
}

type NumberName = 'textGuidance' | 'imageGuidance' | 'rewardGuidance' | 'steps' | 'seed';

function number(label: string, name: NumberName, low: number, high: number, step: number): Slider {
  return {
    label,
    low,
    high,
    step,
    get: (choice) => choice[name],
    set: (choice, value) => ({ ...choice, [name]: value }),
  };
}

export const SLIDERS = {
  following: score('following', 'following'),
  preserving: score('preserving', 'preserving'),
  quality: score('quality', 'quality'),
  textGuidance: number('text guidance', 'textGuidance', 0, 15, 0.5),
  imageGuidance: number('image guidance', 'imageGuidance', 0, 5, 0.1),
  rewardGuidance: number('reward guidance', 'rewardGuidance', 0, 5, 0.1),
  steps: number('steps', 'steps', 1, 100, 1),
  seed: number('seed', 'seed', 0, 999_999, 1),
} as const satisfies Record<string, Slider>;

export type SliderName = keyof typeof SLIDERS;

export const SLIDER_NAMES = Object.keys(SLIDERS) as readonly SliderName[];

/** The fields of a choice, in the order of the screen. */
export const FIELDS = ['model', 'picture', 'instruction', ...SLIDER_NAMES] as const;

export type Field = (typeof FIELDS)[number];

export function isSlider(field: Field): field is SliderName {
  return Object.hasOwn(SLIDERS, field);
}

/** Moves a slider of a choice by a number of steps, within its range. */
export function moved(choice: EditChoice, name: SliderName, by: number): EditChoice {
  const { low, high, step, get, set } = SLIDERS[name];
  const before = get(choice);
  // Tenths are not exact in binary.
  const value = Math.round((before + by * step) * 1e6) / 1e6;
  // A value out of range, set by an option, moves back step by step.
  return set(choice, Math.min(Math.max(high, before), Math.max(Math.min(low, before), value)));
}

/** The choices of a strip: one slider across its range, the others unchanged. */
export function sweep(choice: EditChoice, name: SliderName, places: number): EditChoice[] {
  const { low, high, step, set } = SLIDERS[name];
  return Array.from({ length: places }, (_, i) => {
    const value = low + ((high - low) * i) / (places - 1);
    return set(choice, Math.round(Math.round(value / step) * step * 1e6) / 1e6);
  });
}

/** What is missing for an edit; undefined if nothing is. */
export function missingFrom({ model, picture, instruction }: EditChoice): string | undefined {
  if (model === undefined) return 'Choose a model first.';
  if (picture === undefined) return 'Choose a picture first.';
  return instruction.trim() === '' ? 'Write an instruction first.' : undefined;
}
