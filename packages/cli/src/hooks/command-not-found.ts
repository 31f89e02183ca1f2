import { toConfiguredId, type Hook } from '@oclif/core';
import { withSuggestions } from '../failure.ts';
import { suggestionsFor } from '../suggestions.ts';

/** Says which command was probably meant, on a terminal or not; asks nothing. */
const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  const { RewardEditError } = await import('@rewardedit/core');
  const given = toConfiguredId(id, config).split(' ');
  const known = [...config.commands.filter(({ hidden }) => !hidden).map((command) => command.id)];
  const names = [...known, ...config.topics.map(({ name }) => name)].map((name) => toConfiguredId(name, config));
  // Arguments look like further words of the command: compare as many words as each name has.
  const suggestions = [...new Set(names)].filter((name) => {
    const words = given.slice(0, name.split(' ').length).join(' ');
    return suggestionsFor(words, [name]).length > 0;
  });
  throw withSuggestions(
    new RewardEditError('usage', `there is no command "${given.join(' ')}"`, {
      hint: `\`${config.bin} --help\` lists the commands`,
    }),
    suggestions.map((name) => `${config.bin} ${name}`),
  );
};

export default commandNotFound;
