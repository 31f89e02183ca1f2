import { Errors, Parser, type Interfaces } from '@oclif/core';
import { describe, expect, test } from 'vitest';
import Annotate from '../commands/annotate.ts';
import DataScenes from '../commands/data/scenes.ts';
import Edit from '../commands/edit.ts';
import Train from '../commands/train.ts';
import { explainUsageError } from './usage-errors.ts';

type Definitions = { readonly args: Interfaces.ArgInput; readonly flags: Interfaces.FlagInput };

/** What is said of a command line that the parser refuses. */
async function explanationOf({ args, flags }: Definitions, words: string) {
  try {
    await Parser.parse(words.split(' '), { args, flags });
  } catch (error) {
    if (error instanceof Errors.CLIError) return explainUsageError(error, 'some command');
    throw error;
  }
  throw new Error('the parser took it');
}

const HINT = '`rewardedit some command --help` shows its usage';

describe('suggests', () => {
  test.each([
    [Train, 'x --out y --lerning-rate 1', 'there is no option --lerning-rate', ['--learning-rate']],
    [Train, 'x --out y --lr1 1', 'there is no option --lr1', ['--lr']],
    [Edit, 'a b --sampeler=ddim', 'there is no option --sampeler=ddim', ['--sampler']],
    [
      DataScenes,
      'x --cuont 1 --sede 2',
      'there is no option --cuont, --sede',
      ['--count', '--seed', '--size'],
    ],
    [DataScenes, 'x --temperature 1', 'there is no option --temperature', []],
  ])('%o: %s', async (command, words, message, suggestions) => {
    expect(await explanationOf(command, words)).toEqual({ message, hint: HINT, suggestions });
  });

  test.each([
    ['x --models m.json', 'there is no option --models', 'it was renamed to --model-table'],
    [
      'x --replies r --models m',
      'there is no option --replies, --models',
      'it was renamed to --cache-dir, --model-table',
    ],
  ])('the name that an option has now: %s', async (words, message, hint) => {
    expect(await explanationOf(Annotate, words)).toEqual({ message, hint, suggestions: [] });
  });

  test('a choice', async () => {
    expect(await explanationOf(DataScenes, 'x --split heldout')).toEqual({
      message: '--split cannot be "heldout"',
      where: '--split',
      hint: 'choose one of: train, held-out',
      suggestions: ['held-out'],
    });
  });
});

describe('says what is wrong', () => {
  test.each([
    [DataScenes, 'x --count many', '--count', 'expected an integer but received: many'],
    [DataScenes, 'x --count 0', '--count', 'expected an integer greater than or equal to 1 but received: 0'],
    [DataScenes, 'x --fault-rate 1.5', '--fault-rate', 'expected a number from 0 to 1 but received: 1.5'],
    [Train, 'x --lr fast', '--learning-rate', 'expected a number but received: fast'],
    [Train, 'x --lr -1', '--learning-rate', 'expected a number of at least 0 but received: -1'],
    [Train, 'x --betas 0.9', '--betas', 'expected two numbers such as 0.9,0.99 but received: 0.9'],
    [DataScenes, 'x --count', '--count', '--count expects a value'],
    [DataScenes, 'x --count 1 --count 2', '--count', '--count can only be specified once'],
  ])('in an option (%o: %s)', async (command, words, where, message) => {
    expect(await explanationOf(command, words)).toEqual({ message, where, hint: HINT, suggestions: [] });
  });

  test.each([
    [DataScenes, '--count 1', 'missing: OUT (dataset folder to create or extend)'],
    [DataScenes, 'x y z', 'unexpected argument: y, z'],
    [Train, 'x', 'the option --out is missing'],
    [Edit, 'a b', 'the option --out is missing'],
    [Annotate, 'x --shard 1/2 --shards 2', '--shard and --shards cannot be combined'],
    [Edit, 'a b --out c --best-of 2', '--best-of also needs --judge'],
    [Edit, 'a b --out c --size 8 --resolution 8', '--resolution and --size cannot be combined'],
  ])('with the words (%o: %s)', async (command, words, message) => {
    expect(await explanationOf(command, words)).toEqual({ message, hint: HINT, suggestions: [] });
  });
});
