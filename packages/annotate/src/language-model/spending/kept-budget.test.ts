import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOTHING } from './amount.ts';
import { keepBudget, readBudget } from './kept-budget.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-budget-'));
});
afterEach(() => rm(folder, { recursive: true }));

const SPENT = { calls: 30, tokens: 9000, dollars: 2.5 };

describe('the budget of a run', () => {
  it('is absent, without a file, if none was set', async () => {
    expect(await keepBudget(folder, { cost: undefined }, NOTHING)).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
    expect(await readBudget(join(folder, 'missing'))).toEqual({});
  });

  it('is kept, reported if it is not given, and replaced limit by limit', async () => {
    const path = join(folder, 'spending');
    expect(await keepBudget(path, { cost: 10 }, NOTHING)).toBeUndefined();
    expect(await keepBudget(path, { cost: 10 }, SPENT)).toBeUndefined();
    expect(await keepBudget(path, { cost: undefined }, SPENT)).toBe(
      'The budget of the run stays at $10; spent so far: $2.5.',
    );
    expect(await keepBudget(path, { calls: 50 }, SPENT)).toBe(
      'The budget of the run was $10 and is now $10, 50 calls; spent so far: $2.5, 30 calls.',
    );
    expect(await readBudget(path)).toEqual({ cost: 10, calls: 50 });
    await keepBudget(path, { cost: 10.0000001 }, SPENT);
    expect(await readBudget(path)).toEqual({ cost: 10.0000001, calls: 50 });
  });

  it('ends a run whose limit is lowered below what is spent, in later processes too', async () => {
    await keepBudget(folder, { cost: 10, tokens: 9000 }, SPENT);
    await expect(keepBudget(folder, { cost: 2 }, SPENT)).rejects.toMatchObject({
      code: 'exhausted',
      message: 'the budget is used up: $2.5 of $2 spent',
      hint: 'with a larger --max-cost the same command resumes where it stopped',
    });
    expect(await readBudget(folder)).toEqual({ cost: 2, tokens: 9000 });
    // Stored replies cost nothing, so the same command may still deliver them.
    expect(await keepBudget(folder, { cost: 2, tokens: 9000 }, SPENT)).toBeUndefined();
  });

  it.each(['', '{"cost":', '{"cost":-1}', '{"price":1}', '[]'])('is not guessed from %j', async (text) => {
    await writeFile(join(folder, 'budget.json'), text);
    await expect(readBudget(folder)).rejects.toMatchObject({
      code: 'bad-input',
      where: join(folder, 'budget.json'),
    });
  });
});
