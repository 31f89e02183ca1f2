export { defaultEditSettings } from './default-settings.ts';
export {
  createEditor,
  type EditHooks,
  type EditRequest,
  type EditSettings,
  type Editor,
  type EditorParts,
} from './editor.ts';
