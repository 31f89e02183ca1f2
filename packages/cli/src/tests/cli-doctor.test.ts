import { readdir } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { DoctorReport } from '../commands/doctor.ts';
import { runCli, runJson, temporaryFolder } from './run-cli.test.helper.ts';

test('the CPU computes rightly', async () => {
  const { exitCode, stdout } = await runJson(['doctor', '--backend', 'onnx:cpu']);
  expect(exitCode).toBe(0);
  const { system, backends } = JSON.parse(stdout) as DoctorReport;
  expect(system.node).toBe(process.versions.node);
  expect(backends).toHaveLength(1);
  expect(backends[0]).toMatchObject({ backend: 'onnx:cpu', outcome: 'passed' });
  expect(backends[0].largestError).toBeLessThan(1e-4);
});

test('tests every backend that is installed, and says of each that cannot be used why', async () => {
  const [text, json] = [await runCli(['doctor']), await runJson(['doctor'])];
  // Drivers and libraries that are missing complain there, unless they are kept from it.
  for (const { exitCode, stderr } of [text, json])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const { backends } = JSON.parse(json.stdout) as DoctorReport;
  expect(backends.map(({ backend }) => backend)).toContain('onnx:cpu');
  for (const { backend, outcome, problem } of backends) {
    expect(text.stdout).toMatch(new RegExp(`^${backend} +${outcome}`, 'm'));
    if (outcome !== 'not available') continue;
    expect(text.stdout).toContain(`${backend} is not available: ${problem}`);
    expect(problem).not.toMatch(/\n|\.cc:\d/);
  }
});

test('computing leaves nothing in the home folder of the user, and so tells nobody about it', async () => {
  const HOME = await temporaryFolder(onTestFinished);
  const { exitCode } = await runJson(['doctor', '--backend', 'onnx:cpu'], { env: { HOME } });
  expect(exitCode).toBe(0);
  expect(await readdir(HOME)).toEqual([]);
});
