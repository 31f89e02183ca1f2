import { describe, expect, it } from 'vitest';
import type { KnownModel } from '../language-model/models/known-models.ts';
import type { JudgeChoice } from './judge-choice.ts';
import { judgeSettings } from './judge-settings.ts';

const server = {
  provider: 'compatible',
  model: 'm',
  baseUrl: 'http://127.0.0.1/v1',
  api: 'chat',
  timeout: 1,
  concurrency: 1,
} as const;
const settings = (own: Partial<JudgeChoice>, facts?: Partial<KnownModel>) =>
  judgeSettings(
    {
      ...{ judge: 'compatible:m', api: 'chat', protocol: 'rubric-v1', passes: 1, maxSide: 64, timeout: 1 },
      ...{ concurrency: 1, budget: {}, replies: 'replies', ...own },
    },
    server,
    facts && { model: 'm', vision: true, ...facts },
    'rubric-v1',
  );

describe('the settings of a model', () => {
  it('default to the best that it accepts', () => {
    expect(settings({})).toMatchObject({
      ...{ sampling: { temperature: 0, seed: 1 }, detail: 'high', thinkingTokens: 0 },
      ...{ systemRole: true, severalPictures: true, structuredOutput: true },
    });
    expect(settings({ passes: 2 }).sampling.temperature).toBe(0.7);
    expect(settings({ detail: 'low' }).detail).toBe('low');
    const thinking = settings({}, { reasoning: true, temperature: false });
    expect(thinking).toMatchObject({ sampling: { reasoningEffort: 'low' }, thinkingTokens: 4000 });
    expect(thinking.sampling).not.toHaveProperty('temperature');
    expect(thinking.sampling).not.toHaveProperty('seed');
  });

  it('leave out what the table says it does not accept', () => {
    const facts = { seed: false, detail: false, systemRole: false, severalPictures: false };
    const resolved = settings({}, facts);
    expect(resolved.sampling).toEqual({ temperature: 0 });
    expect(resolved).not.toHaveProperty('detail');
    expect(resolved).toMatchObject({ systemRole: false, severalPictures: false });
  });

  it.each<[Partial<JudgeChoice>, object, number]>([
    [{ reasoningEffort: 'high' }, { reasoningEffort: 'high' }, 4000],
    [{ reasoningEffort: 'none' }, { reasoningEffort: 'none' }, 0],
    [{ reasoningEffort: 'high', reasoningTokens: 12_000 }, { reasoningEffort: 'high' }, 12_000],
    [{ reasoningTokens: 9000 }, {}, 9000],
  ])('have the reasoning that %j says', (own, sampling, thinkingTokens) => {
    expect(settings(own)).toMatchObject({ sampling, thinkingTokens });
    expect(settings(own, { reasoning: true }).thinkingTokens).toBe(thinkingTokens);
  });

  it.each<[Partial<JudgeChoice>, Partial<KnownModel>, string, string]>([
    [{ temperature: 0 }, { temperature: false }, '--temperature', 'the model m accepts no temperature'],
    [
      { reasoningEffort: 'low' },
      { reasoning: false },
      '--reasoning-effort',
      'the model m accepts no reasoning effort',
    ],
    [{ detail: 'high' }, { detail: false }, '--detail', 'the model m accepts no detail of pictures'],
  ])('reject %j if the model is known not to accept it', (own, facts, where, message) => {
    expect(() => settings(own, facts)).toThrow(expect.objectContaining({ code: 'usage', where, message }));
    expect(() => settings(own)).not.toThrow();
  });
});
