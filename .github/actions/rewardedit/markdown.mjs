// Plain JavaScript without packages, because it runs as it is in other people's workflows.

/**
 * A text that Markdown, and the HTML in it, show as it is, in one line. Characters that cannot be seen (controls, marks that
 * turn the reading direction) are spelt out.
 *
 * @param {string} text
 */
export function escapeMarkdown(text) {
  const spelt = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u${hex(character)}`);
  return spelt.replaceAll(/[!-/:-@[-`{-~]/g, (character) => `&#${character.codePointAt(0)};`);
}

/** @param {string} character */
function hex(character) {
  return Number(character.codePointAt(0)).toString(16).padStart(4, '0');
}
