import { describe, expect, it } from 'vitest';
import type { RunEvent } from './event-schema.ts';
import { readEnvelope, readEvent, writeEvent } from './read-event.ts';

const envelope = { seq: 1, time: '2026-01-02T03:04:05.678Z', run: 'train-1', host: 'here' };

describe('an event', () => {
  it('is unchanged when it is read back', () => {
    const event: RunEvent = {
      ...envelope,
      type: 'step',
      step: 3,
      metrics: { loss: 0.25, gradientNorm: 1e-30 },
      seconds: 0.5,
    };
    expect(writeEvent(event)).toMatch(/^\{.*\}\n$/);
    expect(readEvent(writeEvent(event))).toEqual(event);
  });

  it('keeps numbers that are not finite, which JSON lacks', () => {
    const metrics = { loss: Number.NaN, gradientNorm: Number.POSITIVE_INFINITY };
    const line = writeEvent({ ...envelope, type: 'step', step: 3, metrics });
    expect(line).not.toContain('null');
    expect(readEvent(line)).toMatchObject({ metrics });
  });

  it('is ignored if its type is from a newer version', () => {
    const line = JSON.stringify({ ...envelope, type: 'dreamt', of: 'sheep' });
    expect(readEvent(line)).toBeUndefined();
    expect(readEnvelope(line)).toEqual(envelope);
  });

  it('loses fields from a newer version', () => {
    const line = JSON.stringify({ ...envelope, type: 'warning', message: 'hot', urgency: 3, rack: 'b' });
    expect(readEvent(line)).toEqual({ ...envelope, type: 'warning', message: 'hot' });
  });

  it('with an ending from a newer version counts as a failure', () => {
    const line = JSON.stringify({ ...envelope, type: 'run-finished', status: 'evaporated' });
    expect(readEvent(line)).toMatchObject({ type: 'run-finished', status: 'failed' });
  });

  it.each(['', 'null', '[]', '{', '{"type":"warning"}', '{"type":"warning","message":7}', '"x"'])(
    'is not what the line %j holds',
    (line) => {
      expect(readEvent(line)).toBeUndefined();
    },
  );
});
