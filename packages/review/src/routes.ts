import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { PageDocument } from './page-document.ts';
import { PICTURE_ROLES, changeSchema, rowQuerySchema } from './protocol.ts';
import { readJsonBody } from './read-body.ts';
import type { Review } from './review.ts';
import { shownPicture } from './shown-picture.ts';

/** A response: an object as JSON, bytes of another type, or a redirect. */
export type Reply =
  | { readonly json: object; readonly status?: number }
  | { readonly mediaType: string; readonly bytes: Buffer; readonly policy?: string }
  | { readonly location: string };

export type Call = {
  readonly review: Review;
  readonly page: PageDocument;
  readonly request: IncomingMessage;
  /** The query of the request. */
  readonly search: URLSearchParams;
};

export const NOT_FOUND: Reply = { status: 404, json: { message: 'not found' } };

/** The shorter side of thumbnails, in pixels, at most. */
const THUMBNAIL_SIDE = 128;

const rowsSchema = z.object({
  query: z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue('this is not JSON');
        return z.NEVER;
      }
    })
    .pipe(rowQuerySchema),
  page: z.coerce.number().int().nonnegative(),
  list: z.coerce.number().int().positive().optional(),
});

type Route = {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  answer(call: Call, parts: readonly string[]): Promise<Reply>;
};

/** The routes below the token. Rows and their pictures are addressed by number only, never by names from the data. */
const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: /^$/,
    answer: async ({ page: { html, policy } }) => ({
      mediaType: 'text/html; charset=utf-8',
      bytes: Buffer.from(html),
      policy,
    }),
  },
  { method: 'GET', path: /^about$/, answer: async ({ review }) => ({ json: review.about }) },
  {
    method: 'GET',
    path: /^rows$/,
    async answer({ review, search }) {
      const { query, page, list } = rowsSchema.parse(Object.fromEntries(search));
      return { json: await review.page(query, page, list) };
    },
  },
  {
    method: 'GET',
    path: /^rows\/(\d{1,10})$/,
    answer: async ({ review }, [row]) => ({ json: await review.details(Number(row)) }),
  },
  {
    method: 'GET',
    path: /^(pictures|thumbnails)\/(\d{1,10})\/(\w+)$/,
    async answer({ review }, [size, row, name]) {
      const role = PICTURE_ROLES.find((role) => role === name);
      const path = role && (await review.picturePath(Number(row), role));
      if (path === undefined) return NOT_FOUND;
      return shownPicture(path, size === 'thumbnails' ? THUMBNAIL_SIDE : undefined);
    },
  },
  {
    method: 'POST',
    path: /^corrections$/,
    async answer({ review, request }) {
      return { json: await review.save(changeSchema.parse(await readJsonBody(request))) };
    },
  },
];

/** Answers a request; undefined if there is no such route. */
export function findRoute(
  method: string | undefined,
  path: string,
): ((call: Call) => Promise<Reply>) | undefined {
  const found = ROUTES.filter((route) => route.path.test(path));
  const route = found.find((each) => each.method === method);
  if (route !== undefined) return (call) => route.answer(call, route.path.exec(path)!.slice(1));
  if (found.length === 0) return undefined;
  return async () => ({ status: 405, json: { message: `the method must be ${found[0].method}` } });
}
