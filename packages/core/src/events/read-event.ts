import { envelopeSchema, eventBodySchema, type Envelope, type RunEvent } from './event-schema.ts';
import { tryParseJson } from '../try-parse-json.ts';

/**
 * Reads one line of a stream of events. Undefined where it is none that this version knows: a type that a newer one added, or a
 * line that is damaged. Fields that are not known are left out.
 */
export function readEvent(line: string): RunEvent | undefined {
  const value = tryParseJson(line);
  const envelope = envelopeSchema.safeParse(value);
  const body = eventBodySchema.safeParse(value);
  return envelope.success && body.success ? { ...envelope.data, ...body.data } : undefined;
}

/** Reads what stands in front of an event of any type; undefined where the line is none. */
export function readEnvelope(line: string): Envelope | undefined {
  return envelopeSchema.safeParse(tryParseJson(line)).data;
}

/** An event as a line, its newline included. Numbers that are not finite, which JSON does not have, become words. */
export function writeEvent(event: RunEvent): string {
  return `${JSON.stringify(event, wordsForNumbers)}\n`;
}

function wordsForNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
