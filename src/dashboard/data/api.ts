/** Asks the agent: one function a kind of question, errors as sentences. */
import { store } from '../state/store.ts';

export type Params = Readonly<Record<string, string>>;

export async function ask<Answer>(path: string, params: Params = {}): Promise<Answer> {
  return answerOf(await answered(urlOf(path, params)));
}

/** Changes something: only for an admin, only from our own page. */
export async function order<Answer>(path: string, body: unknown): Promise<Answer> {
  const response = await answered(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return answerOf(response);
}

export function urlOf(path: string, params: Params): string {
  const text = new URLSearchParams(params).toString();
  return text === '' ? path : `${path}?${text}`;
}

async function answered(url: string, request?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch {
    throw new Error('the agent does not answer');
  }
}

/** Who is signed out keeps what is on the screen, and may sign in elsewhere in the same browser. */
async function answerOf<Answer>(response: Response): Promise<Answer> {
  const { connection, connections } = store.state;
  if (response.status === 401) store.set({ connection: 'signed out' });
  else if (connection === 'signed out') store.set({ connection: 'live', connections: connections + 1 });
  if (!response.ok) throw new Error((await response.text()).trim());
  return (await response.json()) as Answer;
}
