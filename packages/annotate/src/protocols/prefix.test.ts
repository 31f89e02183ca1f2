import { describe, expect, it } from 'vitest';
import { builtInProtocol, PROTOCOL_NAMES } from './index.ts';

const INSTRUCTIONS = ['make the sky red', 'add a dog'];

/** Counts the characters of a question before and after the first place in which two triplets differ. */
function sharedTexts(name: (typeof PROTOCOL_NAMES)[number]) {
  const [one, other] = INSTRUCTIONS.map((instruction, at) =>
    builtInProtocol(name)
      .questions({ instruction, kind: undefined, nonce: `nonce-${at}` })
      .map(({ system, parts }) => [
        system,
        // Two triplets differ in every picture.
        ...parts.map((part) => ('text' in part ? part.text : `picture ${at} ${part.picture}`)),
      ]),
  );
  return one.map((texts, question) => {
    const [a, b] = [texts.join('\n'), other[question].join('\n')];
    let before = 0;
    while (a[before] === b[before]) before += 1;
    const own = texts
      .filter((text) => text.startsWith('picture ') || text.includes(INSTRUCTIONS[0]))
      .join('\n').length;
    return { before, system: texts[0].length, all: a.length - own };
  });
}

describe.each(PROTOCOL_NAMES)('%s', (name) => {
  it('begins with what is the same for all triplets', () => {
    for (const { before, system } of sharedTexts(name)) expect(before).toBeGreaterThan(system);
  });
});

it.each(['rubric-v2', 'pairwise-v1'] as const)(
  '%s has nearly all shared text before the first picture',
  (name) => {
    for (const { before, all } of sharedTexts(name)) expect(before / all).toBeGreaterThan(0.95);
  },
);

it('leaves room for texts of the longest length at three characters per token', () => {
  const [{ format, maxOutputTokens }] = builtInProtocol('rubric-v2').questions({
    ...{ instruction: '', kind: undefined, nonce: '' },
  });
  const lengths = [...JSON.stringify(format).matchAll(/"maxLength":(\d+)/g)].map(([, length]) =>
    Number(length),
  );
  const TOKENS_OF_FORM = 100;
  expect(lengths).toHaveLength(4);
  expect(lengths.reduce((sum, length) => sum + length, 0) / 3 + TOKENS_OF_FORM).toBeLessThanOrEqual(
    maxOutputTokens,
  );
});
