import { parentPort } from 'node:worker_threads';
import { giveBack } from '../give-back.ts';
import type { HelperReply, HelperRequest, SharedEntries } from './helper-protocol.ts';
import { prepareSteps, type HostRun } from './run-host-plan.ts';

/** The second thread of the host's part: it does the steps that it was given whenever it is told to. */
const plans = new Map<number, { readonly run: HostRun; readonly entries: SharedEntries }>();

function answer(request: HelperRequest): HelperReply | undefined {
  if (request.ask === 'prepare') {
    const { plan, steps, numbers, entries } = request;
    plans.set(plan, { run: prepareSteps(steps, numbers), entries });
    return undefined;
  }
  if (request.ask === 'forget') {
    plans.delete(request.plan);
    return undefined;
  }
  const { results } = request;
  const { run, entries } = plans.get(request.plan)!;
  run({
    read: ({ from, name }) => (from === 'state' ? entries : results)[name],
    target: ({ name }) => entries[name],
  });
  for (const values of Object.values(results)) giveBack(values);
  return {};
}

parentPort!.on('message', (request: HelperRequest) => {
  let reply: HelperReply | undefined;
  try {
    reply = answer(request);
  } catch (error) {
    reply = { failure: error instanceof Error ? error.message : String(error) };
  }
  if (reply) parentPort!.postMessage(reply);
});
