/** Secrets: made at random, compared in constant time, passwords kept as scrypt hashes. */
import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { PebbleError } from '../../base/errors.ts';

/** RFC 7914; 32 MB and some 100 ms for each guess. */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 2 ** 20 } as const;
const BYTES = 32;

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);

export const newSecret = (): string => randomBytes(24).toString('base64url');

/** What is kept of a secret that is never shown again. */
export const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** In constant time, whatever the lengths. */
export const matches = (candidate: string, digest: Buffer): boolean => timingSafeEqual(digestOf(candidate), digest);

/** `scrypt$N$r$p$SALT$HASH`, in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password.normalize('NFC'), salt, BYTES, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const { N, r, p, salt, hash } = parseHash(stored);
  const derived = await derive(password.normalize('NFC'), salt, hash.length, { N, r, p, maxmem: 256 * N * r });
  return timingSafeEqual(derived, hash);
}

export function parseHash(stored: string) {
  const [, N, r, p, salt, hash] =
    /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]+)\$([\w-]{22,})$/.exec(stored) ?? [];
  if (hash === undefined) {
    throw new PebbleError('format', {
      doing: 'reading a password hash',
      what: 'it does not have the form scrypt$N$r$p$SALT$HASH',
      hint: '`pebble password NAME` prints one',
    });
  }
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');
  return { N: Number(N), r: Number(r), p: Number(p), salt: bytes(salt!), hash: bytes(hash) };
}
