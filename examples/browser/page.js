import { createBrowserBackend } from '@rewardedit/backend-webgpu/browser';
import { evaluate } from '@rewardedit/graph';
import { denoisingStep, SIDE, startingState } from './denoiser.js';

const STEPS = 10;

/** Draws a latent: three channels between -1 and 1. */
function draw(values) {
  const picture = new ImageData(SIDE, SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    for (let channel = 0; channel < 3; channel++)
      picture.data[4 * i + channel] = 127.5 + 127.5 * values[channel * SIDE * SIDE + i];
    picture.data[4 * i + 3] = 255;
  }
  document.querySelector('canvas').getContext('2d').putImageData(picture, 0, 0);
}

async function run() {
  const backend = await createBrowserBackend(navigator.gpu);
  const step = denoisingStep();
  const start = startingState(step);
  const state = await backend.createState(step.state);
  for (const [name, values] of Object.entries(start)) await state.write(name, values);
  const executable = await backend.compile(step, state);

  const share = (number) => ({ share: Float32Array.of(1 / (STEPS - number)) });
  const expected = evaluate(step, { inputs: share(0), state: start }).state.latent;
  await executable.run(share(0));
  const found = await state.read('latent');
  const error = Math.max(...found.map((value, i) => Math.abs(value - expected[i])));

  const begun = performance.now();
  for (let number = 1; number < STEPS; number++) await executable.run(share(number));
  const milliseconds = (performance.now() - begun) / (STEPS - 1);
  draw(await state.read('latent'));
  return { error, milliseconds };
}

/** The final text of the page. */
async function describe(result) {
  try {
    const { error, milliseconds } = await result;
    return `${milliseconds.toFixed(1)} ms per step; the first is within ${error.toExponential(1)} of the float64 evaluation.`;
  } catch (problem) {
    return [problem.message, problem.hint].filter(Boolean).join('\n');
  }
}

/** Also read by the page's test. */
window.result = run();
document.querySelector('pre').textContent = await describe(window.result);
