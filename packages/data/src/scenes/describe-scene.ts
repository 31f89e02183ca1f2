import type { Fill, Scene, Shape } from './scene.ts';

const BACKGROUND_PHRASES: Readonly<Record<Fill, (colour: string) => string>> = {
  plain: (colour) => `a plain ${colour} background`,
  gradient: (colour) => `a ${colour} background that darkens downwards`,
  striped: (colour) => `a ${colour} background with diagonal stripes`,
};

/** Puts "a" or "an" in front of the words. */
export function withArticle(words: string): string {
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
}

function shapePhrase(shape: Shape): string {
  const texture = shape.texture === undefined ? '' : ` with dark ${shape.texture}`;
  return `${withArticle(`${shape.colour} ${shape.form}`)}${texture} in the ${shape.corner} corner`;
}

/** Describes a scene in one sentence without a full stop. */
export function describeScene(scene: Scene): string {
  const phrases = scene.shapes.map(shapePhrase);
  const last = phrases.pop();
  const shapes = phrases.length > 0 ? `${phrases.join(', ')} and ${last}` : (last ?? 'nothing');
  const background = BACKGROUND_PHRASES[scene.background.fill](scene.background.colour);
  return `${shapes} on ${background}`;
}
