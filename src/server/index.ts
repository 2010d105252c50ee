/** HTTP: the dashboard and the API that it uses. */
export { type AccessOptions, hashPassword, Users } from './access/index.ts';
export { type RowSources, rowsAnswer } from './answers/rows.ts';
export { sampledSources } from './answers/sampled.ts';
export { type ToolShelf, TraceConsole } from './console.ts';
export { LiveServer, type ServerOptions } from './server.ts';
