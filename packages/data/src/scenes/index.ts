export { describeScene } from './describe-scene.ts';
export { drawScene } from './draw-scene.ts';
export { randomScene, type Scene, type Shape } from './scene.ts';
export { applySceneEdit, type SceneEdit } from './scene-edit.ts';
export {
  SCENE_SIZE,
  SCENE_SPLITS,
  sceneTriplet,
  type SceneOptions,
  type SceneSplit,
} from './scene-triplet.ts';
export { writeScenes, type WriteScenesOptions } from './write-scenes.ts';
