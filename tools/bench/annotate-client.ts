// A separate process, so that processor time and memory are those of annotating only.
import { dirname, join } from 'node:path';
import { annotate, createAccess, createJudge, rewardsPath } from '@rewardedit/annotate';
import { keepHeapSmall } from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';

export type ClientTask = {
  readonly dataset: string;
  readonly url: string;
  readonly concurrency: number;
  readonly timeout: number;
};

export type ClientReport = {
  readonly seconds: number;
  readonly processorSeconds: number;
  /** Resident memory after this many triplets. */
  readonly memory: readonly { readonly done: number; readonly bytes: number }[];
};

process.once('message', (task: ClientTask) => void work(task));

async function work({ dataset: path, url, concurrency, timeout }: ClientTask): Promise<void> {
  // As the command does.
  keepHeapSmall();
  const dataset = await openDataset(path);
  const journal = rewardsPath(dataset);
  const { judge, inFlight, close } = await createJudge(
    {
      judge: 'compatible:judge-under-test',
      baseUrl: url,
      api: 'chat',
      protocol: 'rubric-v1',
      passes: 1,
      maxSide: 1024,
      timeout,
      concurrency,
      budget: {},
      replies: join(dirname(journal), 'replies'),
    },
    createAccess({ baseUrl: url }),
  );
  const memory: { done: number; bytes: number }[] = [];
  let done = 0;
  const started = performance.now();
  const before = process.cpuUsage();
  await annotate({
    dataset,
    judge,
    concurrency: inFlight,
    emit: ({ type }) => {
      if (type !== 'judged' && type !== 'quarantined') return;
      done += 1;
      if (done === 1000 || done % 10_000 === 0) memory.push({ done, bytes: process.memoryUsage.rss() });
    },
  });
  await close();
  const { user, system } = process.cpuUsage(before);
  const report: ClientReport = {
    seconds: (performance.now() - started) / 1000,
    processorSeconds: (user + system) / 1e6,
    memory,
  };
  process.send!(report);
  process.disconnect();
}
