/** Doors over HTTP: passwords behind TLS, a proxy that names users, and what a viewer may not do. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { StoreFeed } from '../../src/agent/index.ts';
import { hashPassword, LiveServer, type ServerOptions, TraceConsole, Users } from '../../src/server/index.ts';
import { RecentStore } from '../../src/store/index.ts';

const feed = new StoreFeed(new RecentStore(), 'db1');
const audit: string[] = [];

async function listen(options: Partial<ServerOptions>): Promise<{ server: LiveServer; origin: string }> {
  const server = await LiveServer.listen({ feed, audit: (line) => audit.push(line), ...options });
  return { server, origin: new URL(server.link).origin };
}

describe('behind a proxy', () => {
  let server: LiveServer;
  let origin: string;
  const proxy = { header: 'X-Forwarded-User', addresses: ['127.0.0.1'], admins: ['root'] };

  before(async () => {
    ({ server, origin } = await listen({ access: { proxy } }));
  });
  after(() => server.close());

  const send = (path: string, user: string, body: object): Promise<Response> =>
    fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'x-forwarded-user': user, origin },
      body: JSON.stringify(body),
    });

  test('who comes without its header is asked to sign in; who is named has the role of the settings', async () => {
    assert.equal((await fetch(`${origin}/api/me`)).status, 401);
    for (const [name, role] of [['bob', 'viewer'] as const, ['root', 'admin'] as const]) {
      const me = await (await fetch(`${origin}/api/me`, { headers: { 'x-forwarded-user': name } })).json();
      assert.equal((me as { role: string }).role, role);
    }
  });

  test('a viewer changes nothing, and each attempt is written down', async () => {
    const deeds = {
      '/api/signal': { pid: 1, action: 'cancel' },
      '/api/profile': { kind: 'on_cpu' },
      '/api/trace/run': { text: 'BEGIN { exit(); }' },
      '/api/trace/save': { name: 'mine', text: 'BEGIN { exit(); }' },
    };
    for (const [path, body] of Object.entries(deeds)) {
      audit.length = 0;
      const answer = await send(path, 'bob', body);
      assert.equal(answer.status, 403, path);
      assert.match(await answer.text(), /only an admin may do this/);
      assert.match(audit[0]!, /^bob was refused: /, path);
    }
  });

  test('an admin neither, where it is not configured', async () => {
    assert.match(await (await send('/api/signal', 'root', { pid: 1, action: 'cancel' })).text(), /allow_signals = yes/);
    assert.match(await (await send('/api/trace/run', 'root', { text: '' })).text(), /console = yes/);
  });

  test('the header is believed from the proxy only', async () => {
    const other = await listen({ access: { proxy: { ...proxy, addresses: ['10.0.0.1'] } } });
    const answer = await fetch(`${other.origin}/api/me`, { headers: { 'x-forwarded-user': 'root' } });
    other.server.close();
    assert.equal(answer.status, 401);
  });
});

describe('with passwords and TLS', { skip: noCertificate() }, () => {
  let server: LiveServer;
  let origin: string;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pebble-doors-'));
    const [key, cert] = certificateIn(folder);
    const users = join(folder, 'users');
    execFileSync('sh', [
      '-c',
      `umask 077; printf '%s\\n' "$0" > ${users}`,
      `alice:viewer:${await hashPassword('correct horse')}`,
    ]);
    const console = new TraceConsole();
    ({ server, origin } = await listen({ tls: { key, cert }, console, access: { users: Users.read(users) } }));
  });
  after(() => {
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('strangers are led to the page that asks for the password, and told when it was wrong', async () => {
    const first = await ask(`${origin}/`);
    assert.deepEqual([first.status, first.headers.location], [303, '/sign-in']);
    assert.match((await ask(`${origin}/sign-in`)).text, /<form method="post" action="\/sign-in">/);
    const wrong = await ask(`${origin}/sign-in`, { form: 'name=alice&password=guess', origin });
    assert.equal(wrong.headers.location, '/sign-in?wrong=1');
    assert.equal(wrong.headers['set-cookie'], undefined);
    assert.match((await ask(`${origin}/sign-in?wrong=1`)).text, /The name or the password is wrong/);
  });

  test('who followed a link to a view is there after signing in, and nowhere else', async () => {
    const asked = await ask(`${origin}/?view=locks&user="><b>`);
    assert.equal(asked.headers.location, '/sign-in?to=%3Fview%3Dlocks%26user%3D%2522%253E%253Cb%253E');
    const form = (await ask(`${origin}${asked.headers.location}`)).text;
    assert.match(form, /name="to" value="\?view=locks&amp;user=%22%3E%3Cb%3E"/);
    const signIn = (to: string, password: string) =>
      ask(`${origin}/sign-in`, { form: new URLSearchParams({ name: 'alice', password, to }).toString(), origin });
    assert.equal((await signIn('?view=locks', 'correct horse')).headers.location, '/?view=locks');
    assert.equal((await signIn('?view=locks', 'guess')).headers.location, '/sign-in?wrong=1&to=%3Fview%3Dlocks');
    assert.equal((await signIn('//example.org/?a', 'correct horse')).headers.location, '/');
  });

  test('the right one opens a session of its role, whose cookie never travels in clear, until it is closed', async () => {
    const right = await ask(`${origin}/sign-in`, { form: 'name=alice&password=correct%20horse', origin });
    assert.equal(right.headers.location, '/');
    const [cookie = ''] = right.headers['set-cookie'] ?? [];
    assert.match(cookie, /HttpOnly; SameSite=Strict/);
    assert.match(cookie, /Secure/);
    const mine = { cookie: cookie.split(';')[0]! };
    assert.equal((JSON.parse((await ask(`${origin}/api/me`, mine)).text) as { role: string }).role, 'viewer');
    assert.equal(
      (await ask(`${origin}/api/trace/run`, { ...mine, origin, form: '{"text":"BEGIN { exit(); }"}' })).status,
      403,
    );
    assert.equal((await ask(`${origin}/sign-out`, { ...mine, origin, form: '' })).status, 303);
    assert.equal((await ask(`${origin}/api/me`, mine)).status, 401);
  });
});

after(() => feed.close());

interface Sent {
  readonly cookie?: string;
  readonly origin?: string;
  readonly form?: string;
}

/** fetch() takes no certificate that nobody vouches for. */
function ask(url: string, { form, ...headers }: Sent = {}) {
  const method = form === undefined ? 'GET' : 'POST';
  return new Promise<{ status: number; headers: import('node:http').IncomingHttpHeaders; text: string }>(
    (resolve, reject) => {
      const sent = request(url, { method, headers, rejectUnauthorized: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.once('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      });
      sent.once('error', reject).end(form);
    },
  );
}

function noCertificate(): string | false {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'no openssl to make a certificate with';
  }
}

function certificateIn(folder: string): [key: Buffer, cert: Buffer] {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=localhost',
  ];
  execFileSync('openssl', ['req', ...made, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return [readFileSync(key), readFileSync(cert)];
}
