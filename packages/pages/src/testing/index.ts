export { findChromium, launchChromium, watchPage } from './chromium.ts';
