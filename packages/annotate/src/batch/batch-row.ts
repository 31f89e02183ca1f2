import { tryParseJson } from '@rewardedit/core';
import { APIError } from 'openai';
import { ZodError, z } from 'zod';
import type { ChatApi, ChatReply } from '../language-model/api/chat.ts';
import { classifyFailure, type CallFailure } from '../language-model/calling/failures.ts';
import { shortened } from '../language-model/api/shortened.ts';

const rowSchema = z.object({
  custom_id: z.string(),
  response: z.object({ status_code: z.number().nullish(), body: z.unknown() }).nullish(),
  error: z.object({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
});

/** A line of a batch's output or error file, about one request. */
export type BatchRow = z.infer<typeof rowSchema>;

/** Undefined for a line that is not such a row. */
export function parseRow(line: string): BatchRow | undefined {
  return rowSchema.safeParse(tryParseJson(line)).data;
}

/** What it means that a request was not processed; any other code is the server's fault. */
const ERRORS: Readonly<Record<string, CallFailure['kind']>> = {
  batch_expired: 'timeout',
  request_timeout: 'timeout',
};

/**
 * Reads the reply in a row, or why there is none. Throws as `classifyFailure` does if no other request would succeed.
 *
 * @param where names the server in messages.
 */
export function readRow({ response, error }: BatchRow, api: ChatApi, where: string): ChatReply | CallFailure {
  if (!response) {
    const { code, message } = error ?? {};
    const said = shortened(message ?? code ?? 'no response');
    return { kind: ERRORS[code ?? ''] ?? 'server-error', message: said };
  }
  const { status_code: status, body } = response;
  if (typeof status === 'number' && (status < 200 || status >= 300)) {
    const failed = APIError.generate(status, body as object, undefined, new Headers());
    return classifyFailure(failed, where);
  }
  try {
    return api.read(body);
  } catch (problem) {
    if (!(problem instanceof ZodError)) throw problem;
    return { kind: 'broken-reply', message: 'the response is not what this API answers' };
  }
}
