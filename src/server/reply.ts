/** How the server answers: the same headers always, and short texts where something is wrong. */
import type { ServerResponse } from 'node:http';

/** No script, style or request but our own, in no frame of others. */
export const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

export function redirect(response: ServerResponse, location: string, cookie?: string): void {
  response.writeHead(303, { Location: location, ...(cookie !== undefined && { 'Set-Cookie': cookie }) }).end();
}

export function json(response: ServerResponse, text: string | Buffer): void {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(text);
}

export function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
