export { defaultEditSettings } from './default-settings.ts';
export { editMemory, type PlannedEdit } from './edit-memory.ts';
export {
  createEditor,
  type EditHooks,
  type EditRequest,
  type EditSettings,
  type Editor,
  type EditorParts,
} from './editor.ts';
