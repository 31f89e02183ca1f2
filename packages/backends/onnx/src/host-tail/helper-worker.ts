import { parentPort } from 'node:worker_threads';
import { giveBack } from '../give-back.ts';
import type { HelperReply, HelperRequest, Results, SharedEntries } from './helper-protocol.ts';
import { prepareSteps, type HostRun } from './run-host-plan.ts';

/** The second thread of the host's part: it does the steps that it was given whenever it is told to. */
const plans = new Map<number, Plan>();

interface Plan {
  readonly rounds: readonly HostRun[];
  readonly entries: SharedEntries;
  /** Of the run that is under way. */
  results: Results;
}

function answer(request: HelperRequest): HelperReply | undefined {
  if (request.ask === 'prepare') {
    const { plan, rounds, numbers, entries } = request;
    const prepared = rounds.map((steps) => prepareSteps(steps, numbers));
    plans.set(plan, { rounds: prepared, entries, results: {} });
    return undefined;
  }
  if (request.ask === 'forget') {
    plans.delete(request.plan);
    return undefined;
  }
  const plan = plans.get(request.plan)!;
  if (request.results) plan.results = request.results;
  const { rounds, entries, results } = plan;
  rounds[request.round]({
    read: ({ from, name }) => (from === 'state' ? entries : results)[name],
    target: ({ name }) => entries[name],
  });
  if (request.round === rounds.length - 1) {
    for (const values of Object.values(results)) giveBack(values);
    plan.results = {};
  }
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
