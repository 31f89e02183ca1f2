import { describe, expect, test } from 'vitest';
import Annotate from '../commands/annotate.ts';
import Train from '../commands/train.ts';
import { commandInPlaceOf, findOldVariable } from './renamed-options.ts';

describe('findOldVariable', () => {
  test('finds a variable with an old name, such as that of the cache of replies', () => {
    expect(findOldVariable(Annotate.flags, { REWARDEDIT_ANNOTATE_REPLIES: '/paid' })).toEqual({
      variable: 'REWARDEDIT_ANNOTATE_REPLIES',
      now: 'REWARDEDIT_ANNOTATE_CACHE_DIR',
    });
  });

  test('ignores variables of other commands, and new names', () => {
    const environment = { REWARDEDIT_TRAIN_REPLIES: 'a', REWARDEDIT_ANNOTATE_CACHE_DIR: 'b' };
    expect(findOldVariable(Annotate.flags, environment)).toBeUndefined();
    expect(findOldVariable(Train.flags, environment)).toBeUndefined();
  });
});

test('finds the command that replaced an option', () => {
  expect(commandInPlaceOf('canaries', 'annotate')).toBe('judge test');
  expect(commandInPlaceOf('canaries', 'eval')).toBeUndefined();
});
