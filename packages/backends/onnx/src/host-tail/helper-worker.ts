import { parentPort } from 'node:worker_threads';
import type { HelperReply, HelperRequest } from './helper-protocol.ts';
import { prepareSteps, type HostArrays, type HostRun } from './run-host-plan.ts';

/** The second thread of the host's part, which executes its steps on request. */
const plans = new Map<number, Plan>();

interface Plan {
  readonly rounds: readonly HostRun[];
  readonly arrays: HostArrays;
}

function answer(request: HelperRequest): HelperReply | undefined {
  if (request.ask === 'prepare') {
    const { plan, rounds, numbers, entries, results } = request;
    plans.set(plan, {
      rounds: rounds.map((steps) => prepareSteps(steps, numbers)),
      arrays: {
        read: ({ from, name }) => (from === 'state' ? entries : results)[name],
        target: ({ name }) => entries[name],
      },
    });
    return undefined;
  }
  if (request.ask === 'forget') {
    plans.delete(request.plan);
    return undefined;
  }
  const { rounds, arrays } = plans.get(request.plan)!;
  rounds[request.round](arrays);
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
