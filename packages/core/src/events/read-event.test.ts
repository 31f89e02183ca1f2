import { describe, expect, it } from 'vitest';
import type { RunEvent } from './event-schema.ts';
import { readEnvelope, readEvent, writeEvent } from './read-event.ts';

const envelope = { seq: 1, time: '2026-01-02T03:04:05.678Z', run: 'train-1', host: 'here' };

describe('an event', () => {
  it('is the same when it is read again', () => {
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

  it('keeps numbers that are not finite, which JSON does not have', () => {
    const metrics = { loss: Number.NaN, gradientNorm: Number.POSITIVE_INFINITY };
    const line = writeEvent({ ...envelope, type: 'step', step: 3, metrics });
    expect(line).not.toContain('null');
    expect(readEvent(line)).toMatchObject({ metrics });
  });

  it('is passed over where its type is of a newer version', () => {
    const line = JSON.stringify({ ...envelope, type: 'dreamt', of: 'sheep' });
    expect(readEvent(line)).toBeUndefined();
    expect(readEnvelope(line)).toEqual(envelope);
  });

  it('loses the fields that a newer version added', () => {
    const line = JSON.stringify({ ...envelope, type: 'warning', message: 'hot', urgency: 3, rack: 'b' });
    expect(readEvent(line)).toEqual({ ...envelope, type: 'warning', message: 'hot' });
  });

  it('that ended in a way of a newer version did not end well', () => {
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
