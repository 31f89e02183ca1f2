import { expect, it } from 'vitest';
import type { ChatRequest } from '../api/chat.ts';
import { estimateUsage } from './token-estimate.ts';

const request = (own: Partial<ChatRequest>): ChatRequest => ({
  system: '',
  parts: [],
  maxOutputTokens: 100,
  sampling: {},
  ...own,
});
const picture = (width: number, height: number) =>
  ({ picture: { mediaType: 'image/png', bytes: new Uint8Array(), width, height, sha256: '' } }) as const;

it('counts all text that is sent: the system message, the parts and the schema', () => {
  const format = { name: 'judgement', schema: { type: 'object' } };
  const { low, high } = estimateUsage(
    request({ system: 'x'.repeat(300), parts: [{ text: 'y'.repeat(150) }], format }),
  );
  const characters = 300 + 150 + JSON.stringify(format.schema).length;
  expect(low).toEqual({ input: Math.ceil(characters / 5), cachedInput: 0, output: 20 });
  expect(high).toEqual({ input: Math.ceil(characters / 3), cachedInput: 0, output: 100 });
});

it("counts pictures by the model's rule, or by a usual range without one", () => {
  const parts = [picture(512, 512), picture(2000, 1000)];
  const rule = ({ width }: { width: number }) => ({ low: width, high: 2 * width });
  expect(estimateUsage(request({ parts }), rule).low.input).toBe(2512);
  expect(estimateUsage(request({ parts }), rule).high.input).toBe(5024);
  expect(estimateUsage(request({ parts })).low.input).toBe(170);
  expect(estimateUsage(request({ parts })).high.input).toBe(1600 + 143 * 72);
});

it.each([
  ['Chinese', '把天空变成红色'],
  ['Thai', 'ทำให้ท้องฟ้าเป็นสีแดง'],
  ['emoji', '🏳️‍🌈👩‍👩‍👧'],
])('counts at least the tokens that %s can take: one per byte', (_, text) => {
  expect(estimateUsage(request({ system: text })).high.input).toBe(Buffer.byteLength(text));
  expect(estimateUsage(request({ system: `abc${text}` })).high.input).toBe(1 + Buffer.byteLength(text));
});
