/** Queues, stacks and bloom filters: values without keys. */
import { COMMAND, E2BIG, Element, ENOENT, must } from '../sys/index.ts';
import type { Codec } from './codec.ts';
import { MapHandle, type MapParts } from './handle.ts';

class ValueMap<V> extends MapHandle {
  readonly value: Codec<V>;
  protected readonly element: Element;

  constructor(parts: MapParts, value: Codec<V>) {
    super(parts);
    this.value = value;
    this.element = new Element(parts.fd, 0, value.size);
  }

  protected put(value: V): number {
    this.element.value.bytes.fill(0);
    this.value.write(this.element.value.view, 0, value);
    return this.element.run(COMMAND.MAP_UPDATE_ELEM);
  }
}

/** First in, first out (`queue`), or last in, first out (`stack`). */
export class QueueMap<V> extends ValueMap<V> {
  /** False when it is full. */
  push(value: V): boolean {
    const result = this.put(value);
    if (result === -E2BIG) return false;
    must(result, this.doing('pushing to'));
    return true;
  }

  pop(): V | undefined {
    return this.#read(this.element.run(COMMAND.MAP_LOOKUP_AND_DELETE_ELEM));
  }

  peek(): V | undefined {
    return this.#read(this.element.run(COMMAND.MAP_LOOKUP_ELEM));
  }

  #read(result: number): V | undefined {
    if (result === -ENOENT) return undefined;
    must(result, this.doing('reading'));
    return this.value.read(this.element.value.view, 0);
  }
}

/** A set that may say yes to what was never added. */
export class BloomMap<V> extends ValueMap<V> {
  add(value: V): void {
    must(this.put(value), this.doing('adding to'));
  }

  mayHave(value: V): boolean {
    this.element.value.bytes.fill(0);
    this.value.write(this.element.value.view, 0, value);
    const result = this.element.run(COMMAND.MAP_LOOKUP_ELEM);
    if (result === -ENOENT) return false;
    must(result, this.doing('asking'));
    return true;
  }
}
