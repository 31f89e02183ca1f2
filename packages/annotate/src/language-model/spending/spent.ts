import { z } from 'zod';
import type { Usage } from '../api/chat.ts';
import { costOf, type Prices } from './spending.ts';

const count = z.int().min(0);

const amountSchema = z.object({
  /** Calls that brought a reply, those whose reply was of no use included. */
  calls: count,
  /** Tokens; absent where a server does not tell them. */
  input: count.exactOptional(),
  output: count.exactOptional(),
  /** US dollars at the prices of direct calls; absent where those are not known. */
  dollars: z.number().min(0).exactOptional(),
});

/** What an answer took, whether its replies were paid for then or were stored; of a cascade also stage by stage, as far as they were asked. */
export const spentSchema = amountSchema.extend({
  stages: z.array(amountSchema.extend({ judge: z.string() })).exactOptional(),
});

export type Spent = z.infer<typeof spentSchema>;

export const NOTHING_TAKEN: Spent = { calls: 0, input: 0, output: 0, dollars: 0 };

/** What replies took. @param usages is undefined where a server does not tell what a reply took. */
export function spentOn(usages: readonly (Usage | undefined)[], prices: Prices | undefined): Spent {
  const told = usages.filter((usage) => usage !== undefined);
  if (told.length < usages.length) return { calls: usages.length };
  const sum = (of: (usage: Usage) => number) => told.reduce((total, usage) => total + of(usage), 0);
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

/** What several answers took together; what one of them does not know is not known of all. */
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
