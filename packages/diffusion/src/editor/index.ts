export { editMemory, type PlannedEdit } from './edit-memory.ts';
export {
  createEditor,
  defaultEditSettings,
  type EditHooks,
  type EditRequest,
  type EditSettings,
  type Editor,
  type EditorParts,
} from './editor.ts';
