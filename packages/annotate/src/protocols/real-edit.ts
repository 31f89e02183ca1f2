import { HIGHEST_SCORE, type Perspective } from '@rewardedit/core';
import { fence } from './fence.ts';
import { readOnlyObject } from './only-object.ts';
import { DATA_REMINDER, ORIGINAL_AND_EDITED } from './published.ts';
import type { Asked, Protocol, Question, Reading } from './protocol.ts';

/** What is asked about each perspective: the published questions in our words, with the key of the yes or no in the reply. */
const QUESTIONS: Readonly<Record<Perspective, { key: string; role: string; look: string; ask: string }>> = {
  following: {
    key: 'following',
    role: 'You assess how accurately a picture was edited as an instruction says.',
    look:
      'Look at how well the edited picture keeps to the instruction: the changes should be those asked for, without mistakes or ' +
      'misunderstandings, and fit the original. Other readings of the instruction, and creative ones, are valid where they meet it. ' +
      'Judge in comparison with the original and the instruction.',
    ask: 'Does the edited picture follow the instruction?',
  },
  preserving: {
    key: 'consistent',
    role: 'You assess whether an edit left alone what its instruction does not concern.',
    look:
      'Look at the areas that have nothing to do with the instruction: they should be consistent with the original and untouched by the ' +
      'edit. Other readings of the instruction, and creative ones, are valid where they meet this. Judge these areas in comparison with the original.',
    ask: 'Are the areas that have nothing to do with the instruction consistent with the original?',
  },
  quality: {
    key: 'clear',
    role: 'You assess the quality of pictures: clarity, composition, light, subject, and whether edits look natural.',
    look:
      'The picture should be sharp, with clear details; free of artefacts of generation; balanced and pleasing in its composition; lit in a way ' +
      'that suits it; with a well defined subject; and its edits should blend in without signs of tampering.',
    ask: 'Is the picture clear, free of artefacts, well composed, well lit, with a well defined subject and edits that look natural?',
  },
};

/** The published protocol answers in less than this. */
const REPLY_TOKENS = 50;

/**
 * The protocol of the Real-Edit benchmark (Gu et al., arXiv 2411.04713, and its published scripts): three calls, each a yes or
 * no and a score from 0 to 5 in free text; quality is judged on the edited picture alone. The questions are the same in meaning,
 * the form of the reply is the same; the instruction is fenced here, and the published scripts' default temperature is the server's.
 * Besides the scores, the yes answers are kept as 1 and 0 (`real-edit.following` ...), whose mean is the published accuracy.
 */
export const realEditProtocol: Protocol = {
  name: 'real-edit-v1',
  questions: (asked) =>
    (['following', 'preserving', 'quality'] as const).map((name) => question(name, asked)),
};

function question(name: Perspective, { instruction, nonce }: Asked): Question {
  const { key, role, look, ask } = QUESTIONS[name];
  const reply =
    `Answer two questions:\n1. ${ask} ("yes" or "no")\n2. How far, as a score from 0 to 5, a decimal number, 5 being the best?\n` +
    `Reply with a Python dictionary with the keys '${key}' ('yes' or 'no') and 'score' (a float) and with nothing else, ` +
    `for example: {'${key}': 'yes', 'score': 4.5}`;
  const alone = name === 'quality';
  return {
    name,
    system: `${role}\n\n${look}`,
    parts: alone
      ? [{ text: reply }, { picture: 'edited' }]
      : [
          {
            text: [
              'The first picture is the original, the second the edited one. The instruction:',
              fence('instruction', instruction, nonce),
              DATA_REMINDER,
              reply,
            ].join('\n\n'),
          },
          ...ORIGINAL_AND_EDITED,
        ],
    maxOutputTokens: REPLY_TOKENS,
    perspectives: [name],
    read: ({ text }) => read(text, name, key),
  };
}

function read(text: string, perspective: Perspective, key: string): Reading {
  return readOnlyObject<Exclude<Reading, { invalid: string }>>(
    text,
    (object) => readDictionary(object, perspective, key),
    { nothing: NO_DICTIONARY },
  );
}

const NO_DICTIONARY = 'the reply is not the dictionary asked for';

function readDictionary(object: string, perspective: Perspective, key: string): Reading | undefined {
  if (!/^\{.*\}$/s.test(object)) return undefined;
  // In Python's or JSON's quotes; one within another is not taken for an answer.
  const inside = /^\{([^{}]*)\}$/.exec(object)?.[1] ?? '';
  const answer = new RegExp(`['"]${key}['"]\\s*:\\s*['"](yes|no)['"]`, 'i').exec(inside)?.[1];
  const score = /['"]score['"]\s*:\s*(\d+(?:\.\d+)?)\s*(?:,\s*(?:['"]|$)|$)/.exec(inside)?.[1];
  if (answer === undefined || score === undefined) return { invalid: NO_DICTIONARY };
  if (Number(score) > HIGHEST_SCORE) return { invalid: `the score ${score} is out of range` };
  return {
    scores: { [perspective]: Number(score) },
    feedback: {},
    measures: { [`real-edit.${perspective}`]: answer.toLowerCase() === 'yes' ? 1 : 0 },
  };
}
