import { z } from 'zod';

/** Requests that people who watch a run can send. */
const REQUEST_NAMES = ['pause', 'resume', 'checkpoint', 'sample', 'stop'] as const;

export type RequestName = (typeof REQUEST_NAMES)[number];

/** Folder of requests in a run folder. */
export const REQUESTS_FOLDER = 'requests';

/** A larger file is not a request. */
export const MOST_REQUEST_BYTES = 4096;

export const requestSchema = z.object({
  /** Name of the run; another run in the same folder ignores the request. */
  run: z.string(),
  request: z.enum(REQUEST_NAMES),
});

export type Request = z.infer<typeof requestSchema>;
