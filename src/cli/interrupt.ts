/** Ctrl-C and SIGTERM as an AbortSignal for commands that run until told to stop; the second one ends the process at once. */

const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

let controller: AbortController | undefined;
let status: number | undefined;

/** Calling this takes the signals over from Node: the caller promises to end soon after the abort. Services take SIGHUP for a reload. */
export function interruption({ onHangup }: { readonly onHangup?: () => void } = {}): AbortSignal {
  if (controller) return controller.signal;
  controller = new AbortController();
  if (onHangup) process.on('SIGHUP', onHangup);
  for (const [name, code] of Object.entries(STATUS)) {
    if (name === 'SIGHUP' && onHangup) continue;
    process.on(name, () => {
      if (status !== undefined) process.exit(code);
      status = code;
      controller?.abort();
    });
  }
  return controller.signal;
}

/** The exit status of a run that a signal ended. */
export function interruptedStatus(): number | undefined {
  return status;
}
