import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openDataset, writeScenes, type Dataset } from '@rewardedit/data';
import { annotate, type AnnotateOptions, type AnnotateSummary } from './annotate.ts';
import { createJudge } from '../judges/create-judge.ts';
import type { JudgeChoice } from '../judges/judge-choice.ts';
import { createAccess } from '../language-model/access/access.ts';
import type { Spending } from '../language-model/spending/spending.ts';
import { quarantinePath, readQuarantine, type Quarantined } from '../answers/quarantine.ts';
import type { JudgeServer } from '../testing/index.ts';

export type Outcome = {
  readonly summary?: AnnotateSummary;
  readonly error?: unknown;
  readonly spending: Spending;
};

export type RunOptions = Partial<JudgeChoice> &
  Pick<AnnotateOptions, 'retryQuarantined' | 'signal' | 'emit'> & {
    readonly dataset?: Dataset;
    /** The environment variables with the keys. */
    readonly environment?: Readonly<Record<string, string>>;
  };

/** Draws scenes into a temporary folder, to be judged by a server; each bench has its own journals. */
export async function createWorkplace(count: number) {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-judge-run-'));
  await writeScenes({ folder: join(folder, 'scenes'), count, size: 16, seed: 3 });
  const scenes = await openDataset(join(folder, 'scenes'));
  let benches = 0;

  /** A bench has its own journal and replies. */
  const createBench = () => {
    const journal = join(folder, `bench-${(benches += 1)}`, 'rewards.jsonl');
    return {
      journal,
      /** Judges what is open, as a command would. */
      async run(server: Pick<JudgeServer, 'url'>, options: RunOptions = {}): Promise<Outcome> {
        const { dataset = scenes, environment = {}, retryQuarantined, signal, emit, ...choice } = options;
        const opened = await createJudge(
          {
            judge: 'compatible:m',
            baseUrl: server.url,
            api: 'chat',
            protocol: 'rubric-v1',
            passes: 1,
            maxSide: 1024,
            timeout: 3600,
            concurrency: 8,
            budget: {},
            replies: join(dirname(journal), 'replies'),
            ...choice,
          },
          createAccess({ baseUrl: choice.baseUrl ?? server.url, environment }),
        );
        const { judge, inFlight: concurrency, breakAfter, spending } = opened;
        const run = {
          ...(signal && { signal }),
          ...(emit && { emit }),
          ...(breakAfter !== undefined && { breakAfter }),
          retryQuarantined: retryQuarantined ?? false,
        };
        try {
          const summary = await annotate({ dataset, judge, journal, concurrency, ...run });
          return { summary, spending: spending!() };
        } catch (error) {
          return { error, spending: spending!() };
        } finally {
          await opened.close();
        }
      },
      /** The journal without what answers took: a reply that is delivered differently, or asked for twice, takes more and says the same. */
      read: async () => (await readFile(journal, 'utf8')).replaceAll(/,"spent":\{[^{}]*\}/g, ''),
      async quarantined(): Promise<Quarantined[]> {
        const all: Quarantined[] = [];
        for await (const each of readQuarantine(quarantinePath(journal))) all.push(each);
        return all;
      },
    };
  };
  return { folder, scenes, createBench, remove: () => rm(folder, { recursive: true }) };
}

export type Workplace = Awaited<ReturnType<typeof createWorkplace>>;
export type Bench = ReturnType<Workplace['createBench']>;

/** The questions that were asked again after a good reply; there must be none. */
export function paidTwice({ calls }: Pick<JudgeServer, 'calls'>): string[] {
  const answered = new Set<string>();
  return calls.flatMap(({ hash, fault }) => {
    const again = answered.has(hash) ? [hash] : [];
    if (fault === undefined) answered.add(hash);
    return again;
  });
}
