/** Tells systemd how the service is (sd_notify(3)): a datagram to a socket of the file system, which Node has no way to send. */
import { scratch, syscall } from '../native/index.ts';

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
const MSG_NOSIGNAL = 0x4000;

/** Lines such as `READY=1`. False where nobody asked to be told, or the socket is gone: that is no reason to stop. */
export function notify(...lines: readonly string[]): boolean {
  const path = process.env.NOTIFY_SOCKET;
  if (!path || !/^[/@]/.test(path)) return false;
  const socket = syscall('socket', AF_UNIX, SOCK_DGRAM_CLOEXEC);
  if (socket < 0) return false;
  try {
    const message = Buffer.from(lines.join('\n'));
    const address = addressOf(path);
    return scratch(
      (arena) =>
        syscall(
          'sendto',
          socket,
          arena.bytes(message),
          message.length,
          MSG_NOSIGNAL,
          arena.bytes(address),
          address.length,
        ) === message.length,
    );
  } finally {
    syscall('close', socket);
  }
}

/** struct sockaddr_un; a name that begins with @ is of the abstract namespace. */
function addressOf(path: string): Buffer {
  const address = Buffer.alloc(2 + Buffer.byteLength(path) + (path.startsWith('@') ? 0 : 1));
  address.writeUInt16LE(AF_UNIX);
  address.write(path.startsWith('@') ? `\0${path.slice(1)}` : path, 2);
  return address;
}

/** How often systemd wants to hear that all is well, in ms; nothing when it does not. */
export function watchdogMs(): number | undefined {
  const { WATCHDOG_USEC: us, WATCHDOG_PID: pid } = process.env;
  if (!us || (pid && Number(pid) !== process.pid)) return undefined;
  return Number(us) / 1000 / 2;
}
