/** What this kernel can do, found out by trying; with reasons, versions and what is lost without. */
export { type Capability, capabilities } from './capabilities.ts';
export { type CodeFeatures, codeFeatures } from './code.ts';
export type { Feature } from './feature.ts';
export { FEATURE_NAMES, type FeatureName, feature, hasFeature } from './features.ts';
export { type Setting, settings } from './settings.ts';
