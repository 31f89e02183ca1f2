import { RewardEditError } from '@rewardedit/core';
import { z } from 'zod';
import type { OpenedModel } from '../judges/judge-choice.ts';
import { classifyFailure } from '../language-model/calling/failures.ts';

/** What is known of a model before it is asked anything. */
export type ModelCheck = {
  readonly model: string;
  /** Absent for a model of which only stored replies are used. */
  readonly host?: string;
  /** Whether the server lists the model; absent if the server was not asked or has no list. */
  readonly listed?: boolean;
  /** The day on which the model is shut down, and who says so. */
  readonly shutdown?: { readonly date: string; readonly by: 'server' | 'table' };
  /** The replacement that its maker names. */
  readonly replacement?: string;
  /** Why the server could not be asked. */
  readonly problem?: string;
};

const modelSchema = z.object({ id: z.string(), shutdown_date: z.string().nullish() });
const listSchema = z.object({ data: z.array(modelSchema) });

/**
 * Asks a judge's server for its list of models, which is free: whether it can be reached and accepts the key, has the model, and when it
 * will shut it down. What the server does not say is taken from the table of models.
 */
export async function checkModel(opened: OpenedModel): Promise<ModelCheck> {
  const { model, connection } = opened;
  const known = knownModel(opened);
  if (connection === undefined) return known;
  const { client, host } = connection;
  try {
    const list = listSchema.parse(await client.get('/models'));
    const found = list.data.find(({ id }) => id === model);
    const date = found?.shutdown_date ?? undefined;
    return {
      ...known,
      host,
      listed: found !== undefined,
      ...(date !== undefined && { shutdown: { date: date.slice(0, 10), by: 'server' } }),
    };
  } catch (error) {
    return { ...known, host, problem: problemOf(error, client.baseURL) };
  }
}

/** Returns what the table of models says, without asking a server. */
export function knownModel({ model, facts }: Pick<OpenedModel, 'model' | 'facts'>): ModelCheck {
  return {
    model,
    ...(facts?.shutdown !== undefined && { shutdown: { date: facts.shutdown, by: 'table' } }),
    ...(facts?.replacement !== undefined && { replacement: facts.replacement }),
  };
}

function problemOf(error: unknown, address: string): string {
  if (error instanceof z.ZodError) return 'the server has no list of models';
  try {
    return classifyFailure(error, address).message;
  } catch (fatal) {
    if (fatal instanceof RewardEditError) return fatal.message;
    throw fatal;
  }
}

/** A shutdown is announced so many days ahead. */
const DAYS_AHEAD = 120;

/** Returns a warning about a model that is shut down, or soon will be; undefined if there is nothing to warn about. */
export function retirementWarning(
  { model, shutdown, replacement }: ModelCheck,
  now: Date,
): string | undefined {
  if (shutdown === undefined) return undefined;
  const left = (Date.parse(shutdown.date) - now.getTime()) / 86_400_000;
  if (!(left <= DAYS_AHEAD)) return undefined;
  const says = shutdown.by === 'server' ? 'its server says' : 'the table of models says';
  const instead = replacement === undefined ? '' : `; its maker names ${replacement} in its place`;
  const what =
    left < 0
      ? `was shut down on ${shutdown.date}`
      : `will be shut down on ${shutdown.date}, in ${Math.ceil(left)} days`;
  return `${model} ${what} (${says})${instead}. Scores of another judge cannot be compared with its scores.`;
}
