import { z } from 'zod';

/** What whoever watches a run may ask of it. */
export const REQUEST_NAMES = ['pause', 'resume', 'checkpoint', 'sample', 'stop'] as const;

export type RequestName = (typeof REQUEST_NAMES)[number];

/** The folder in a run folder that requests are put into. */
export const REQUESTS_FOLDER = 'requests';

/** A file that is larger is no request. */
export const MOST_REQUEST_BYTES = 4096;

export const requestSchema = z.object({
  /** The name of the run that is meant: another one in the same folder takes no notice. */
  run: z.string(),
  request: z.enum(REQUEST_NAMES),
});

export type Request = z.infer<typeof requestSchema>;
