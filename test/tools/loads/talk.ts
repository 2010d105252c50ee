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

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function makeCertificate(folder: string): readonly [key: string, certificate: string] {
  const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')];
  const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', '-x509', ...made], { stdio: 'ignore' });
  return [key, certificate];
}

/** Debian's, which uses the system's OpenSSL. */
const PYTHON = '/usr/bin/python3';

/** For `skip`. */
export const noTlsWithin = (): string | false =>
  missing('openssl') || (spawnSync(PYTHON, ['-c', 'import ssl']).status !== 0 && `${PYTHON} with ssl: not installed`);

/** Blocking calls: each reads or writes one line. */
const BOTH_ENDS = `
import shutil, socket, ssl, sys, threading
folder, lines = sys.argv[1], int(sys.argv[2])
ends = socket.socketpair()
def answer():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + '/certificate', folder + '/key')
    with context.wrap_socket(ends[1], server_side=True) as server:
        for _ in range(lines): server.sendall(server.recv(100))
thread = threading.Thread(target=answer)
thread.start()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
with context.wrap_socket(ends[0]) as client:
    for i in range(lines):
        client.sendall(b'line %d' % i)
        client.recv(100)
thread.join()
shutil.rmtree(folder)
`;

/** Lines between two threads of this process, which Python takes over. */
export function tlsWithin(folder: string, lines: number): void {
  makeCertificate(folder);
  process.execve!(PYTHON, [PYTHON, '-c', BOTH_ENDS, folder, String(lines)], process.env as Record<string, string>);
}

/** A client says lines, one after the other's answer; prints the client's pid. The server (-rev) answers each line backwards. */
export async function overTls(folder: string, lines: number): Promise<void> {
  const [key, certificate] = makeCertificate(folder);
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
