import { z } from 'zod';
import type { Usage } from '../api/chat.ts';
import { costOf, type Prices } from './spending.ts';

const count = z.int().min(0);

const amountSchema = z.object({
  /** Calls that returned a reply, usable or not. */
  calls: count,
  /** Tokens; absent if a server does not report them. */
  input: count.exactOptional(),
  output: count.exactOptional(),
  /** US dollars at the prices of direct calls; absent if those are unknown. */
  dollars: z.number().min(0).exactOptional(),
});

/** What an answer took, whether its replies were new or stored; for a cascade, also by stage. */
export const spentSchema = amountSchema.extend({
  stages: z.array(amountSchema.extend({ judge: z.string() })).exactOptional(),
});

export type Spent = z.infer<typeof spentSchema>;

export const NOTHING_TAKEN: Spent = { calls: 0, input: 0, output: 0, dollars: 0 };

/** Sums what replies took. @param usages undefined for a reply whose usage the server did not report. */
export function spentOn(usages: readonly (Usage | undefined)[], prices: Prices | undefined): Spent {
  const known = usages.filter((usage) => usage !== undefined);
  if (known.length < usages.length) return { calls: usages.length };
  const sum = (of: (usage: Usage) => number) => known.reduce((total, usage) => total + of(usage), 0);
  const tokens = {
    input: sum(({ input }) => input),
    cachedInput: sum(({ cachedInput }) => cachedInput),
    output: sum(({ output }) => output),
  };
  return {
    ...{ calls: usages.length, input: tokens.input, output: tokens.output },
    ...(prices !== undefined && { dollars: costOf(tokens, prices) }),
  };
}

/** Sums what several answers took. What is unknown for one of them is unknown for the sum. */
export function addSpent(all: readonly Spent[]): Spent {
  const sum = (name: 'input' | 'output' | 'dollars') => {
    const known = all.flatMap((each) => each[name] ?? []);
    return known.length < all.length ? undefined : known.reduce((total, value) => total + value, 0);
  };
  const [input, output, dollars] = [sum('input'), sum('output'), sum('dollars')];
  return {
    calls: all.reduce((total, { calls }) => total + calls, 0),
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(dollars !== undefined && { dollars }),
  };
}
