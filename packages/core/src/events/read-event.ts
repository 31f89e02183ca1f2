import { envelopeSchema, eventBodySchema, type Envelope, type RunEvent } from './event-schema.ts';
import { tryParseJson } from '../try-parse-json.ts';

/**
 * Parses one line of an event stream. Returns undefined for an unknown type, as from a newer version, or a damaged line. Unknown fields are dropped.
 */
export function readEvent(line: string): RunEvent | undefined {
  const value = tryParseJson(line);
  const envelope = envelopeSchema.safeParse(value);
  const body = eventBodySchema.safeParse(value);
  return envelope.success && body.success ? { ...envelope.data, ...body.data } : undefined;
}

/** Parses the envelope of an event of any type; undefined if the line is not an event. */
export function readEnvelope(line: string): Envelope | undefined {
  return envelopeSchema.safeParse(tryParseJson(line)).data;
}

/** Formats an event as a line, including its newline. Numbers that are not finite, which JSON lacks, become words. */
export function writeEvent(event: RunEvent): string {
  return `${JSON.stringify(event, wordsForNumbers)}\n`;
}

function wordsForNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
