/** What a receiver answers: how much of a request that it took as a whole it did not like (`partial_success`). */

export interface Rejection {
  readonly items: number;
  readonly reason: string;
}

interface JsonResponse {
  readonly partialSuccess?: {
    readonly rejectedDataPoints?: string | number;
    readonly rejectedSpans?: string | number;
    readonly errorMessage?: string;
  };
}

/** Nothing where all was taken, or where the answer is not understood: it was taken by its status. */
export function rejectionOf(body: Buffer, isJson: boolean): Rejection | undefined {
  try {
    return isJson ? ofJson(body) : ofProtobuf(body);
  } catch {
    return undefined;
  }
}

function ofJson(body: Buffer): Rejection | undefined {
  const { partialSuccess } = (body.length > 0 ? JSON.parse(body.toString()) : {}) as JsonResponse;
  const items = Number(partialSuccess?.rejectedDataPoints ?? partialSuccess?.rejectedSpans ?? 0);
  return items > 0 ? { items, reason: partialSuccess?.errorMessage ?? '' } : undefined;
}

/** Export{Metrics,Trace}ServiceResponse: { partial_success = 1: { rejected = 1: int64, error_message = 2: string } } */
function ofProtobuf(body: Buffer): Rejection | undefined {
  const partial = fieldsOf(body).get(1);
  if (!Buffer.isBuffer(partial)) return undefined;
  const fields = fieldsOf(partial);
  const [items, reason] = [fields.get(1), fields.get(2)];
  return typeof items === 'number' && items > 0
    ? { items, reason: Buffer.isBuffer(reason) ? reason.toString() : '' }
    : undefined;
}

/** The last value of each field; of varints and bytes, which are all that these messages have. */
function fieldsOf(bytes: Buffer): Map<number, number | Buffer> {
  const fields = new Map<number, number | Buffer>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('the message ends within a number');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const value = varint();
    if ((tag & 7) === 0) fields.set(tag >> 3, value);
    else if ((tag & 7) === 2) {
      fields.set(tag >> 3, bytes.subarray(at, at + value));
      at += value;
    } else throw new RangeError(`a field of wire type ${tag & 7}`);
  }
  return fields;
}
