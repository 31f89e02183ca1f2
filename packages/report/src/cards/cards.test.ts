import { rewardStatistics, type SourceRow } from '@rewardedit/data';
import type { EvalRun, ShownItem } from '@rewardedit/eval';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { datasetCard } from './dataset-card.ts';
import { modelCard } from './model-card.ts';

const NAME = 'edits: "of" #1\n- <script>|';

const split = (card: string) => {
  const [, yaml, text] = /^---\n(.*?)\n---\n(.*)$/s.exec(card)!;
  return { fields: parse(yaml) as Record<string, unknown>, text };
};

async function* rows(): AsyncGenerator<SourceRow> {
  for (const score of [1, 3])
    yield {
      record: {
        ...{ id: `t${score}`, instruction: 'x', kind: 'add' },
        reward: { scores: { following: score }, feedback: {} },
      },
      pictures: { original: async () => new Uint8Array(), edited: async () => new Uint8Array() },
      ...{ where: `row ${score}`, extra: {} },
    };
}

describe('datasetCard', () => {
  it('names the judges and the distribution of scores, in valid YAML and Markdown whatever the name', async () => {
    const card = datasetCard({
      name: NAME,
      license: 'cc-by-4.0',
      statistics: await rewardStatistics(rows()),
      judges: [{ name: 'oracle', version: '2', count: 2 }],
      corrected: 1,
      agreement: { unknown: 'Nobody else scored.' },
    });
    const { fields, text } = split(card);
    expect(fields).toEqual({
      pretty_name: NAME,
      license: 'cc-by-4.0',
      task_categories: ['image-to-image'],
      tags: ['image-editing', 'rewards', 'rewardedit'],
      size_categories: ['n<1K'],
    });
    expect(text).toContain('| oracle | 2 | 2 |');
    expect(text).toContain('| instruction following | 2.00 |');
    expect(text).toContain('| add | 2 | 2.00 | - | - |');
    expect(text).toContain('People corrected 1 triplets.');
    expect(text).toContain('## Agreement\n\nNobody else scored.');
    expect(text).not.toContain('<script>');
  });
});

describe('modelCard', () => {
  it('contains the training and the evaluation, for people and for the model index', () => {
    const item = (id: string, right: number): ShownItem => ({
      ...{ id, instruction: 'x', cluster: id, values: { right }, feedback: {} },
      pictures: { original: 'o.png', edited: 'e.png' },
    });
    const run: EvalRun = {
      ...{
        name: 'run',
        folder: '/run',
        items: [item('a', 1), item('b', 0)],
        absent: [{ id: 'c', reason: 'x' }],
      },
      config: { benchmark: { path: '/data/held-out' } },
    };
    const card = modelCard({ name: NAME, training: { steps: 100, train: ['all'] }, runs: [run], seed: 0 });
    const { fields, text } = split(card);
    expect(fields).toMatchObject({
      pipeline_tag: 'image-to-image',
      'model-index': [
        {
          name: NAME,
          results: [
            { dataset: { name: 'held-out' }, metrics: [{ name: 'edits right', type: 'right', value: 0.5 }] },
          ],
        },
      ],
    });
    expect(fields).not.toHaveProperty('license');
    expect(text).toContain('| steps | 100 |');
    expect(text).toMatch(/\| edits right \| 0\.500 .* \| 2 \| 1 \| 0\.333 \|/);
    expect(split(modelCard({ name: 'm', training: undefined, runs: [], seed: 0 })).text).toContain(
      'It was not evaluated.',
    );
  });
});
