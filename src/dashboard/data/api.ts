/** Asks the agent: one function a kind of question, errors as sentences. */

export type Params = Readonly<Record<string, string>>;

export async function ask<Answer>(path: string, params: Params = {}): Promise<Answer> {
  return answerOf(await fetch(urlOf(path, params)));
}

/** Changes something: only for an admin, only from our own page. */
export async function order<Answer>(path: string, body: unknown): Promise<Answer> {
  const response = await fetch(path, {
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

async function answerOf<Answer>(response: Response): Promise<Answer> {
  if (response.status === 401) location.assign('/');
  if (!response.ok) throw new Error((await response.text()).trim());
  return (await response.json()) as Answer;
}
