/** The ready-made tools: one readable script each, found by name, and how their findings are printed. */
export { findTool, listTools, toolFolders } from './catalog.ts';
export { ROW_FIELDS, type RowKind, rowKinds } from './rows.ts';
export { runTool, type ScriptOption, scriptOf, type ToolOptions, toolOptions } from './run.ts';
export { saveTool } from './save.ts';
export { describeTool, type Tool } from './tool.ts';
export { byTopic, TOPICS } from './topics.ts';
export { VIEWS, type View } from './views.ts';
export { header, shortHooks } from './words.ts';
