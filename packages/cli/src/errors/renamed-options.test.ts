import { describe, expect, test } from 'vitest';
import Annotate from '../commands/annotate.ts';
import Train from '../commands/train.ts';
import { commandInPlaceOf, findOldVariable } from './renamed-options.ts';

describe('findOldVariable', () => {
  test('finds a variable that would be left unread, such as where replies that were paid for are', () => {
    expect(findOldVariable(Annotate.flags, { REWARDEDIT_ANNOTATE_REPLIES: '/paid' })).toEqual({
      variable: 'REWARDEDIT_ANNOTATE_REPLIES',
      now: 'REWARDEDIT_ANNOTATE_CACHE_DIR',
    });
  });

  test('passes over variables of other commands, and new names', () => {
    const environment = { REWARDEDIT_TRAIN_REPLIES: 'a', REWARDEDIT_ANNOTATE_CACHE_DIR: 'b' };
    expect(findOldVariable(Annotate.flags, environment)).toBeUndefined();
    expect(findOldVariable(Train.flags, environment)).toBeUndefined();
  });
});

test('an option that became a command is known by the command that had it', () => {
  expect(commandInPlaceOf('canaries', 'annotate')).toBe('judge test');
  expect(commandInPlaceOf('canaries', 'eval')).toBeUndefined();
});
