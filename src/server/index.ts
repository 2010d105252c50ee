/** HTTP: the dashboard and the API that it uses. */
export { LiveServer, type ServerOptions } from './server.ts';
