import { ProblemError, type Problem } from '@rewardedit/pages/browser/problem';
import type { About, Change, PictureRole, RowDetails, RowQuery, RowsPage, Saved } from '../protocol.ts';

const SERVER_GONE: Problem = {
  message: 'the server does not answer',
  hint: 'start `rewardedit review` again, and open the address that it prints',
};

// Addresses are relative to the page's, which ends with the token.
async function request(path: string, options: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, options).catch(() => {
    throw new ProblemError(SERVER_GONE);
  });
  if (response.ok) return response;
  throw new ProblemError(
    await (response.json() as Promise<Problem>).catch(() => ({ message: response.statusText })),
  );
}

async function get<Result>(path: string): Promise<Result> {
  return (await request(path)).json() as Promise<Result>;
}

export const api = {
  about: () => get<About>('about'),
  rows(query: RowQuery, page: number, list: number | undefined) {
    const asked = new URLSearchParams({ query: JSON.stringify(query), page: String(page) });
    if (list !== undefined) asked.set('list', String(list));
    return get<RowsPage>(`rows?${asked}`);
  },
  details: (row: number) => get<RowDetails>(`rows/${row}`),
  async picture(size: 'pictures' | 'thumbnails', row: number, role: PictureRole): Promise<Blob> {
    return (await request(`${size}/${row}/${role}`)).blob();
  },
  async save(change: Change): Promise<Saved> {
    const response = await request('corrections', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(change),
    });
    return response.json() as Promise<Saved>;
  },
};
