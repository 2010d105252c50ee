/** Writes the archive that a kernel unpacks as its first file system (Linux: driver-api/early-userspace/buffer-format.rst). */
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

const TYPE = { directory: 0o040000, file: 0o100000, link: 0o120000 } as const;

export class Cpio {
  readonly #fd: number;
  readonly #directories = new Set(['/', '.']);
  #inode = 1;

  constructor(path: string) {
    this.#fd = openSync(path, 'w');
  }

  directory(path: string, mode = 0o755): void {
    if (this.#directories.has(path)) return;
    this.directory(dirname(path));
    this.#directories.add(path);
    this.#entry(path, TYPE.directory | mode);
  }

  file(path: string, content: string | Uint8Array, mode = 0o644): void {
    this.directory(dirname(path));
    this.#entry(path, TYPE.file | mode, Buffer.from(content));
  }

  link(path: string, target: string): void {
    this.directory(dirname(path));
    this.#entry(path, TYPE.link | 0o777, Buffer.from(target));
  }

  /** A file, link or directory of this machine, with all that is below it and that `keep` keeps. */
  copy(from: string, to: string, keep: (path: string) => boolean = () => true): void {
    if (!keep(from)) return;
    const stat = lstatSync(from);
    if (stat.isSymbolicLink()) this.link(to, readlinkSync(from));
    else if (stat.isFile()) this.file(to, readFileSync(from), stat.mode & 0o777);
    else if (stat.isDirectory()) {
      this.directory(to, stat.mode & 0o777);
      for (const name of readdirSync(from)) this.copy(join(from, name), join(to, name), keep);
    }
  }

  close(): void {
    this.#entry('TRAILER!!!', 0);
    closeSync(this.#fd);
  }

  /** Header ("newc"): magic and 13 numbers of 8 hexadecimal digits; name; content; both padded to 4 bytes. */
  #entry(path: string, mode: number, content: Uint8Array = Buffer.alloc(0)): void {
    const name = Buffer.from(`${path.replace(/^\//, '')}\0`);
    const [uid, gid, links, time, device, check] = [0, 0, 1, 0, 0, 0];
    const numbers = [this.#inode++, mode, uid, gid, links, time, content.length, device, device, device, device];
    const header = `070701${[...numbers, name.length, check].map((n) => n.toString(16).padStart(8, '0')).join('')}`;
    this.#write(Buffer.concat([Buffer.from(header), name]));
    this.#write(content);
  }

  #write(bytes: Uint8Array): void {
    writeSync(this.#fd, bytes);
    const padding = -bytes.length & 3;
    if (padding > 0) writeSync(this.#fd, Buffer.alloc(padding));
  }
}
