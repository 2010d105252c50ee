/** Functions for addresses and byte order: ntop, pton, macaddr, bswap. */
import { imm, type Size } from '../ir/index.ts';
import type { Lowering } from '../lower/lowering.ts';
import { readBytes, store, storeText, toScalar } from '../lower/memory.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { inMemory, offsetBy, scalar, type Value } from '../lower/value.ts';
import type { Call } from '../syntax/ast.ts';
import { INET, sizeOfType } from '../types/layout.ts';
import { arrayOf, type Type, typeName, UINT8 } from '../types/type.ts';
import type { Typing } from '../types/typing.ts';
import { parseAddress } from './inet-address.ts';
import { knownText, textArgument } from './text-argument.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const IPV6_BYTES = 16;
const MAC_BYTES = 6;

const isBytes = (type: Type): boolean => type.kind === 'array' || type.kind === 'string';

const ntop: FunctionRow = {
  name: 'ntop',
  signature: 'inet ntop([int64 family,] int address | char address[4] | char address[16])',
  doc: 'An IPv4 or IPv6 address, as text when it is printed.',
  arguments: [1, 2],
  type(call, t) {
    const type = t.typeOf(call.arguments.at(-1)!);
    if (!type) return undefined;
    if (!isBytes(type) && type.kind !== 'int') {
      return t.error(call, `ntop() expects an integer or array argument, got ${typeName(type)}`);
    }
    if (isBytes(type) && sizeOfType(type) !== 4 && sizeOfType(type) !== IPV6_BYTES) {
      return t.error(call, 'ntop() argument must be 4 or 16 bytes in size');
    }
    return { kind: 'inet' };
  },
  lower(call, l) {
    const slot = l.slot('inet', { kind: 'inet' });
    writeInet(call, slot, l);
    return inMemory({ kind: 'inet' }, slot);
  },
  into: (call, to, _type, l) => writeInet(call, to, l),
};

function writeInet(call: Call, to: ReturnType<Lowering['slot']>, l: Lowering): void {
  const node = call.arguments.at(-1)!;
  const family = call.arguments.length === 2 ? toScalar(l.value(call.arguments[0]!), l).operand : undefined;
  const value = l.value(node);
  const isLong = value.kind !== 'none' && isBytes(value.type) && sizeOfType(value.type) === IPV6_BYTES;
  l.b.zero(to, INET.size);
  l.b.store(to, 8, family ?? imm(isLong ? AF_INET6 : AF_INET));
  const at = offsetBy(to, INET.offsets.address);
  if (value.kind === 'scalar') l.b.store(at, 4, value.operand);
  else if (value.kind !== 'none') store(value, at, value.type, l);
}

const pton: FunctionRow = {
  name: 'pton',
  signature: 'uint8[4] pton(const string address) | uint8[16]',
  doc: 'The bytes of an IPv4 or IPv6 address, in network order.',
  arguments: [1, 1],
  type(call, t) {
    const text = textArgument(call, 0, t);
    if (text === undefined) return undefined;
    const bytes = parseAddress(text);
    if (!bytes) return t.error(call, `pton() expects a valid IPv4/IPv6 address, got ${text}`);
    return arrayOf(UINT8, bytes.length);
  },
  lower(call, l) {
    const type = l.typeOf(call);
    const slot = l.slot('address', type);
    const bytes = parseAddress(knownText(call.arguments[0], l) ?? '') ?? [];
    storeText(Buffer.from(bytes), slot, sizeOfType(type), l);
    return inMemory(type, slot);
  },
};

const macaddr: FunctionRow = {
  name: 'macaddr',
  signature: 'mac_address macaddr(char address[6])',
  doc: 'An Ethernet address, as text when it is printed.',
  arguments: [1, 1],
  type(call, t) {
    const [address] = call.arguments;
    const type = address && t.typeOf(address);
    if (!type) return undefined;
    if (address.kind === 'string') return t.error(call, 'macaddr() does not support literal string arguments');
    if (isBytes(type) && sizeOfType(type) < MAC_BYTES) {
      return t.error(call, 'macaddr() argument must be at least 6 bytes in size');
    }
    if (!isBytes(type) && type.kind !== 'int' && type.kind !== 'pointer') {
      return t.error(call, `macaddr() only supports array or pointer arguments (${typeName(type)} provided)`);
    }
    return { kind: 'mac' };
  },
  lower(call, l) {
    const slot = l.slot('mac', { kind: 'mac' });
    copyMac(l.value(call.arguments[0]!), slot, l);
    return inMemory({ kind: 'mac' }, slot);
  },
};

function copyMac(value: Value, to: ReturnType<Lowering['slot']>, l: Lowering): void {
  if (value.kind === 'memory') {
    if (value.space === 'map' && !value.typed) l.b.copy(to, value.at, MAC_BYTES);
    else readBytes(to, imm(MAC_BYTES), value.at, value.typed ? 'kernel' : value.space, l);
    return;
  }
  const pointer = toScalar(value, l);
  const base = pointer.operand.kind === 'reg' ? pointer.operand : l.b.mov(pointer.operand);
  const space = pointer.type.kind === 'pointer' ? pointer.type.space : 'unknown';
  readBytes(to, imm(MAC_BYTES), { base, offset: 0 }, space, l);
}

const bswap: FunctionRow = {
  name: 'bswap',
  signature: 'uintN bswap(uintN value)',
  doc: 'The bytes of an integer in reverse order.',
  arguments: [1, 1],
  type(call: Call, t: Typing) {
    const [value] = call.arguments;
    const type = value && t.typeOf(value);
    if (!type) return undefined;
    if (type.kind !== 'int')
      return t.error(call, `bswap() only supports integer arguments (${typeName(type)} provided)`);
    return { kind: 'int', size: type.size, signed: false };
  },
  lower(call, l) {
    const type = l.typeOf(call);
    const { operand } = toScalar(l.value(call.arguments[0]!), l);
    const size = sizeOfType(type) as Size;
    if (size === 1) return scalar(type, l.b.extend(operand, 1, false));
    return scalar(type, l.b.byteswap(operand, size));
  },
};

export const NETWORK: readonly FunctionRow[] = [ntop, pton, macaddr, bswap];
