// Writes the summary of a command that has run, and fails where the scores are too low.
import { appendFileSync, readFileSync } from 'node:fs';
import { evaluationTables } from './evaluation.mjs';
import { annotate, readMinimum, readScores, reasonsToFail, toMarkdown } from './verdict.mjs';

const {
  RESULT = '',
  EXIT_CODE,
  MINIMUM = '',
  ALLOW_MISSING,
  SUMMARY = '',
  GITHUB_STEP_SUMMARY = '',
} = process.env;

const document = readDocument(RESULT);
const minimum = readMinimum(MINIMUM);
const reasons = reasonsToFail({
  document,
  exitCode: Number(EXIT_CODE),
  minimum,
  allowMissing: ALLOW_MISSING === 'true',
});
if (SUMMARY !== '') {
  const summary = toMarkdown({ title: SUMMARY, scores: readScores(document), minimum, reasons });
  appendFileSync(GITHUB_STEP_SUMMARY, `${summary}${evaluationTables(document)}`);
}
for (const reason of reasons) annotate(reason);
if (reasons.length > 0) process.exitCode = 1;

/** @param {string} path */
function readDocument(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Reported as "printed no JSON document": a command that is killed prints none.
    return undefined;
  }
}
