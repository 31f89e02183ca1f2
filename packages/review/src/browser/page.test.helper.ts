import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { answerOf, type TestDataset } from '../dataset.test.helper.ts';

/** Six rows: five with scores, and one that the judge refused to score. */
export const SIX: TestDataset = {
  rows: ['a', 'b', 'c', 'd', 'e', 'f'].map((id, number) => ({
    id,
    instruction: `instruction ${id}`,
    kind: number < 2 ? 'add' : 'style',
    truth_file_name: 'pictures/grey.png',
  })),
  answers: [
    answerOf('a', [5, 4, 3]),
    answerOf('b', [0, 1, 2]),
    answerOf('c', [2, 2, 2]),
    answerOf('d', [4.5, 3.75, 1]),
    answerOf('e', [1, 5, 5]),
    { id: 'f', missing: 'refused' },
  ],
};

export const listed = (page: Page) => page.locator('.row .instruction').allTextContents();
export const instruction = (page: Page) => page.locator('#instruction').textContent();
export const untilSaved = (page: Page) => page.locator('#save-state[data-state=saved]').waitFor();
export const untilShown = (page: Page, text: string) =>
  page.locator('#instruction', { hasText: text }).waitFor();
export const scoreShown = (page: Page, perspective: string) =>
  page.locator(`.card[data-perspective=${perspective}] .score`).textContent();

export async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Reads the lines of the corrections file. */
export async function corrections(
  folder: string,
): Promise<{ id: string; reward: { scores: object; feedback: object } }[]> {
  const text = await readFile(join(folder, 'corrections.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Awaited<ReturnType<typeof corrections>>[number]);
}
