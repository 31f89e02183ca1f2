import { describe, expect, it } from 'vitest';
import { EXIT_CODES, RewardEditError } from './errors.ts';
import { fromSystemError } from './system-errors.ts';

describe('RewardEditError', () => {
  it('has a message, a place, a hint and an exit code', () => {
    const cause = new Error('inner');
    const error = new RewardEditError('bad-input', 'the column id is missing', {
      where: 'a.jsonl:3',
      hint: 'add it',
      cause,
    });
    expect(error).toMatchObject({
      name: 'RewardEditError',
      code: 'bad-input',
      where: 'a.jsonl:3',
      hint: 'add it',
      cause,
    });
    expect(error.exitCode).toBe(3);
  });

  it('has the exit codes that users rely on', () => {
    expect(EXIT_CODES).toEqual({
      failed: 1,
      usage: 2,
      'bad-input': 3,
      authentication: 4,
      exhausted: 5,
      partial: 68,
      pending: 69,
      interrupted: 130,
    });
  });
});

describe('fromSystemError', () => {
  const systemError = (code: string) => Object.assign(new Error(`${code}: ...`), { code, syscall: 'write' });
  const doing = 'write the journal';

  it.each([
    ['ENOSPC', 'failed', 'the disk is full', /free some space/],
    ['EROFS', 'failed', 'read-only', /folder that can be written to/],
    ['EACCES', 'failed', 'permission', /another folder/],
    ['ENOENT', 'bad-input', 'does not exist', /check the path/],
  ] as const)('explains %s', (code, errorCode, what, hint) => {
    const cause = systemError(code);
    const error = fromSystemError(cause, { doing, path: '/data/rewards.jsonl' });
    expect(error).toMatchObject({ code: errorCode, where: '/data/rewards.jsonl', cause });
    expect(error.message).toContain('cannot write the journal: ');
    expect(error.message).toContain(what);
    expect(error).toHaveProperty('hint', expect.stringMatching(hint));
  });

  it('keeps the message of a system error it does not know', () => {
    const error = fromSystemError(systemError('EXYZ'), { doing, path: 'p' });
    expect(error).toMatchObject({
      code: 'failed',
      message: 'cannot write the journal: EXYZ: ...',
      where: 'p',
    });
  });

  it('returns other errors unchanged', () => {
    for (const error of [new RewardEditError('usage', 'x'), new TypeError('a mistake in the program')]) {
      expect(fromSystemError(error, { doing, path: 'p' })).toBe(error);
    }
  });
});
