import { toConfiguredId, type Hook } from '@oclif/core';
import { withSuggestions } from '../failure.ts';
import { suggestionsFor } from '../suggestions.ts';

/** Says which command was probably meant, on a terminal or not; asks nothing. */
const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  const { RewardEditError } = await import('@rewardedit/core');
  const given = toConfiguredId(id, config).split(' ');
  const ids = config.commands.filter(({ hidden }) => !hidden).map((command) => command.id);
  const topics = config.topics.map(({ name }) => name).filter((name) => name !== given[0]);
  const names = new Set([...ids, ...topics].map((name) => toConfiguredId(name, config)));
  // Arguments look like further words of the command: compare as many words as each name has.
  const likely = [...names].filter(
    (name) => suggestionsFor(firstWords(given, wordsOf(name)), [name]).length > 0,
  );
  const isTopic = config.topics.some(({ name }) => name === given[0]);
  const spoken = firstWords(given, likely.length > 0 ? wordsOf(likely[0]) : isTopic ? 2 : 1);
  throw withSuggestions(
    new RewardEditError('usage', `there is no command "${spoken}"`, {
      hint: `\`${config.bin} --help\` lists the commands`,
    }),
    likely.map((name) => `${config.bin} ${name}`),
  );
};

function wordsOf(name: string): number {
  return name.split(' ').length;
}

function firstWords(words: readonly string[], count: number): string {
  return words.slice(0, count).join(' ');
}

export default commandNotFound;
