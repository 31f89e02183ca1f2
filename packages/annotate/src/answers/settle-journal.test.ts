import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settleJournal } from './settle-journal.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-settle-'));
  path = join(folder, 'journal.jsonl');
});
afterAll(() => rm(folder, { recursive: true }));

async function* each(ids: readonly string[]): AsyncGenerator<string> {
  yield* ids;
}
const line = (id: string, value: unknown = 0) => `${JSON.stringify({ id, value })}\n`;

async function settled(
  text: string,
  ids: readonly string[],
  leaveOut?: ReadonlySet<string>,
): Promise<string> {
  await writeFile(path, text);
  await settleJournal(path, each(ids), leaveOut && { leaveOut: (id) => leaveOut.has(id) });
  return readFile(path, 'utf8');
}

describe('settleJournal', () => {
  it('keeps the last line of each id, in the order of the dataset, then the others', async () => {
    const text = line('c') + line('x') + line('a', 1) + line('b') + line('a', 2) + line('y');
    expect(await settled(text, ['a', 'b', 'c', 'd'])).toBe(
      line('a', 2) + line('b') + line('c') + line('x') + line('y'),
    );
  });

  it('removes the lines of ids to leave out', async () => {
    expect(await settled(line('a') + line('b') + line('x'), ['a', 'b'], new Set(['a', 'x']))).toBe(line('b'));
    expect(await settled(line('a'), ['a'], new Set(['a']))).toBe('');
  });

  it('removes a torn last line, and adds a missing last newline', async () => {
    expect(await settled(`${line('b')}${line('a')}{"id":"c","va`, ['a', 'b', 'c'])).toBe(
      line('a') + line('b'),
    );
    expect(await settled(`${line('b')}${line('a').trimEnd()}`, ['a', 'b'])).toBe(line('a') + line('b'));
  });

  it('creates no file, and does not rewrite a settled one', async () => {
    const none = join(folder, 'none.jsonl');
    await settleJournal(none, each(['a']));
    await expect(stat(none)).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(path, line('a') + line('b'));
    const before = await stat(path);
    await settleJournal(path, each(['a', 'b', 'c']));
    expect((await stat(path)).ino).toBe(before.ino);
  });

  it('rejects a damaged line without changing the file', async () => {
    await writeFile(path, `${line('b')}hello\n${line('a')}`);
    await expect(settleJournal(path, each(['a', 'b']))).rejects.toMatchObject({
      code: 'bad-input',
      where: `${path}:2`,
    });
    expect(await readFile(path, 'utf8')).toBe(`${line('b')}hello\n${line('a')}`);
  });

  it('ends with the same bytes, in whatever order and however often answers arrive', async () => {
    const ids = ['a', 'b', '__proto__', 'constructor', 'ü', '0', '10', '9', ' '];
    const answer = fc.tuple(fc.constantFrom(...ids, 'of another dataset'), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { maxLength: 40 }),
        fc.shuffledSubarray(ids, { minLength: ids.length }),
        async (answers, order) => {
          const last = new Map(answers.map(([id, value]) => [id, line(id, value)]));
          const expected = [...order, 'of another dataset'].flatMap((id) => last.get(id) ?? []).join('');
          const text = answers.map(([id, value]) => line(id, value)).join('');
          expect(await settled(text, order)).toBe(expected);
          // Settling it again changes nothing.
          expect(await settled(expected, order)).toBe(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('settles 20,000 lines', async () => {
    const ids = Array.from({ length: 20_000 }, (_, at) => `id ${at}`);
    const text = ids
      .toReversed()
      .map((id) => line(id))
      .join('');
    expect(await settled(text, ids)).toBe(ids.map((id) => line(id)).join(''));
  });
});
