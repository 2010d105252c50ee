/** Loads of programs that talk: TLS between a server and a client of OpenSSL, commands typed into a shell. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** For `skip`. */
export function missing(...programs: readonly string[]): string | false {
  const absent = programs.filter((program) => spawnSync('which', [program]).status !== 0);
  return absent.length > 0 && `${absent.join(', ')}: not installed`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A client says lines, one after the other's answer; prints the client's pid. The server (-rev) answers each line backwards. */
export async function overTls(folder: string, lines: number): Promise<void> {
  const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')];
  const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', '-x509', ...made], { stdio: 'ignore' });
  const port = String(await freePort());
  const serve = ['s_server', '-rev', '-accept', port, '-cert', certificate, '-key', key];
  const server = spawn('openssl', serve, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(server.stdout, 'data');
  const client = spawn('openssl', ['s_client', '-quiet', '-connect', `127.0.0.1:${port}`], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  for (let i = 0; i < lines; i++) {
    client.stdin.write(`line ${i}\n`);
    await once(client.stdout, 'data');
  }
  client.kill();
  await once(client, 'close');
  server.kill();
  process.stdout.write(`${client.pid} ${server.pid}`);
}

/** Commands for an interactive bash, whose terminal is one of script(1). */
export async function typed(commands: number): Promise<void> {
  const shell = spawn('script', ['-qec', 'bash --norc --noprofile -i', '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  shell.stdout.resume();
  for (let i = 0; i < commands; i++) shell.stdin.write(`: typed ${i}\n`);
  shell.stdin.write('exit\n');
  await once(shell, 'close');
}
