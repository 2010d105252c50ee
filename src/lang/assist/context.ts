/** Where in a script a place is, while the script is being written and cannot be parsed yet. */

export type Place =
  /** In an attach point: what it says up to the place. */
  | { readonly in: 'probe'; readonly written: string }
  /** Behind the dot of `object.`, in the body of a probe. */
  | { readonly in: 'field'; readonly object: string; readonly written: string; readonly probe: string }
  /** At a word of a body or predicate. */
  | { readonly in: 'body'; readonly written: string }
  /** In a text or a comment: nothing can be said. */
  | { readonly in: 'nothing' };

export function placeAt(text: string, offset: number): Place {
  const before = blank(text.slice(0, offset));
  if (before === undefined) return { in: 'nothing' };
  const outside = topLevel(before);
  if (outside !== undefined && !/\/[^/]*$/.test(afterName(outside))) {
    return { in: 'probe', written: /[^\s,]*$/.exec(outside)![0] };
  }
  const field = /([A-Za-z_]\w*)\s*(?:\.|->)\s*(\w*)$/.exec(before);
  if (field) return { in: 'field', object: field[1]!, written: field[2]!, probe: probeAround(before) };
  return { in: 'body', written: /[$@\w]*$/.exec(before)![0] };
}

/** Texts and comments as blanks of the same length; undefined when it ends in one. */
function blank(text: string): string | undefined {
  const pattern = /"(?:\\.|[^"\\])*("|$)|\/\/[^\n]*(\n|$)|\/\*[\s\S]*?(\*\/|$)/g;
  let open = false;
  const blanked = text.replace(pattern, (match, quote?: string, line?: string, block?: string) => {
    open = [quote, line, block].every((end) => !end);
    return match.replace(/[^\n]/g, ' ');
  });
  return open ? undefined : blanked;
}

/** The text since the last body; undefined inside one. */
function topLevel(text: string): string | undefined {
  let depth = 0;
  let start = 0;
  for (const [i, char] of [...text].entries()) {
    if (char === '{') depth++;
    if (char === '}' && --depth === 0) start = i + 1;
  }
  return depth > 0 ? undefined : text.slice(start);
}

/** A slash opens a predicate only behind an attach point and a blank: paths have slashes, too. */
function afterName(text: string): string {
  return /\s(\/[\s\S]*)$/.exec(text)?.[1] ?? '';
}

/** The first attach point of the probe whose body or predicate the text ends in. */
function probeAround(text: string): string {
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === '}') depth++;
    if (text[i] === '{' && --depth < 0) return probeBefore(text.slice(0, i));
  }
  return probeBefore(text);
}

function probeBefore(text: string): string {
  const head = text.slice(text.lastIndexOf('}') + 1).replace(/\s\/[\s\S]*$/, '');
  return head.trim().split(/[\s,]/)[0] ?? '';
}
