/** The server's side of SCRAM-SHA-256 (RFC 5802 and 7677), for one password. */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

const ITERATIONS = 4096;
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const hash = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, at) => byte ^ b[at]!));

/** What is kept instead of the password. */
export class ScramSecret {
  readonly salt: Buffer = randomBytes(16);
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;

  constructor(password: string) {
    const salted = pbkdf2Sync(password.normalize('NFKC'), this.salt, ITERATIONS, 32, 'sha256');
    this.storedKey = hash(hmac(salted, 'Client Key'));
    this.serverKey = hmac(salted, 'Server Key');
  }
}

export class ScramExchange {
  readonly #secret: ScramSecret;
  #clientFirst = '';
  #serverFirst = '';
  #nonce = '';
  #header = '';

  constructor(secret: ScramSecret) {
    this.#secret = secret;
  }

  /** Answers the client's first message; nothing where it is none. Channel binding needs TLS: only `n` and `y` are taken. */
  first(text: string): string | undefined {
    const match = /^([ny],(?:a=[^,]*)?,)(n=[^,]*,r=([!-+\--~]+))$/.exec(text);
    if (!match) return undefined;
    this.#header = match[1]!;
    this.#clientFirst = match[2]!;
    this.#nonce = match[3]! + randomBytes(18).toString('base64');
    this.#serverFirst = `r=${this.#nonce},s=${this.#secret.salt.toString('base64')},i=${ITERATIONS}`;
    return this.#serverFirst;
  }

  /** Answers the client's proof; nothing where it is wrong. */
  final(text: string): string | undefined {
    const match = /^(c=([^,]+),r=([^,]+)),p=([A-Za-z0-9+/=]+)$/.exec(text);
    if (!match || this.#nonce === '' || match[3] !== this.#nonce) return undefined;
    if (Buffer.from(match[2]!, 'base64').toString() !== this.#header) return undefined;
    const signed = `${this.#clientFirst},${this.#serverFirst},${match[1]}`;
    const proof = Buffer.from(match[4]!, 'base64');
    const { storedKey, serverKey } = this.#secret;
    if (proof.length !== storedKey.length) return undefined;
    if (!timingSafeEqual(hash(xor(proof, hmac(storedKey, signed))), storedKey)) return undefined;
    return `v=${hmac(serverKey, signed).toString('base64')}`;
  }
}
