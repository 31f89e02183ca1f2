export { openLanguageModel, type ExportedNetwork, type LanguageModel } from './language-model.ts';
export { stateKey } from './state-key.ts';
export { computedStates, storedStates } from './state-sources.ts';
export { openStateStore, type StateStore } from './state-store.ts';
export { claimStore, storeConfigOf, type StoreConfig } from './store-config.ts';
export { openWantedStates, type WantedStates } from './wanted-states.ts';
