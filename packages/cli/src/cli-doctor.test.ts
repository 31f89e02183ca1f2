import { readdir } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { DoctorReport } from './commands/doctor.ts';
import { runJson, temporaryFolder } from './run-cli.test.helper.ts';

test('the CPU computes rightly', async () => {
  const { exitCode, stdout } = await runJson(['doctor', '--backend', 'onnx:cpu']);
  expect(exitCode).toBe(0);
  const { system, backends } = JSON.parse(stdout) as DoctorReport;
  expect(system.node).toBe(process.versions.node);
  expect(backends).toHaveLength(1);
  expect(backends[0]).toMatchObject({ backend: 'onnx:cpu', outcome: 'passed' });
  expect(backends[0].largestError).toBeLessThan(1e-4);
});

test('computing leaves nothing in the home folder of the user, and so tells nobody about it', async () => {
  const HOME = await temporaryFolder(onTestFinished);
  const { exitCode } = await runJson(['doctor', '--backend', 'onnx:cpu'], { env: { HOME } });
  expect(exitCode).toBe(0);
  expect(await readdir(HOME)).toEqual([]);
});
