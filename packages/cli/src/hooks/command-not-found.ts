import { toConfiguredId, type Hook } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import { withSuggestions } from '../errors/failure.ts';
import { suggestionsFor } from '../errors/suggestions.ts';

const OPTIONS_WITHOUT_COMMAND = ['--help', '--version'];

/** Throws 'usage' with the commands that may have been meant. Never prompts. */
const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  const given = toConfiguredId(id, config).split(' ');
  const ids = config.commands.filter(({ hidden }) => !hidden).map((command) => command.id);
  const topics = config.topics.map(({ name }) => name).filter((name) => name !== given[0]);
  const [commands, topicNames] = [ids, topics].map((names) =>
    names.map((name) => toConfiguredId(name, config)),
  );
  const listed = { hint: `\`${config.bin} --help\` lists the commands` };

  if (given[0].startsWith('-')) {
    throw withSuggestions(
      new RewardEditError('usage', `there is no option ${given[0]} without a command`, listed),
      suggestionsFor(given[0], OPTIONS_WITHOUT_COMMAND),
    );
  }
  // An argument of a command without arguments looks like another word of its name.
  const command = commands.find((name) => firstWords(given, wordsOf(name)) === name);
  if (command !== undefined) {
    throw new RewardEditError('usage', `unexpected argument: ${given.slice(wordsOf(command)).join(' ')}`, {
      hint: `\`${config.bin} ${command} --help\` shows its usage`,
    });
  }
  // Arguments look like further words of the command, so compare as many words as each name has. The topic may be missing.
  const likely = [...new Set([...commands, ...topicNames])].filter(
    (name) =>
      suggestionsFor(firstWords(given, wordsOf(name)), [name]).length > 0 ||
      name.split(' ').slice(1).join(' ') === given[0],
  );
  const isTopic = config.topics.some(({ name }) => name === given[0]);
  const [likeliest] = likely;
  const isNear = likeliest !== undefined && !likeliest.endsWith(` ${given[0]}`);
  const spoken = firstWords(given, isNear ? wordsOf(likeliest) : isTopic ? 2 : 1);
  throw withSuggestions(
    new RewardEditError('usage', `there is no command "${spoken}"`, listed),
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
