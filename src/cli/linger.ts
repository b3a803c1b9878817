// The end of a process in which code of the user's ran: its spans are sent, and what it left running (a server, a pool,
// a timer) does not keep the command from ending.

import { trace } from '@opentelemetry/api';

const FLUSH_TIMEOUT_MILLIS = 2_000;
const LINGER_MILLIS = 200;

/** Sends the spans that the replay made, if the program has a tracer provider that can be asked to. */
export async function flushSpans(): Promise<void> {
  const provider = trace.getTracerProvider() as { getDelegate?: () => unknown; forceFlush?: unknown };
  const real = (typeof provider.getDelegate === 'function' ? provider.getDelegate() : provider) as { forceFlush?: () => Promise<void> };
  if (typeof real?.forceFlush !== 'function') return;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FLUSH_TIMEOUT_MILLIS);
  });
  try {
    await Promise.race([real.forceFlush(), timeout]);
  } catch {
    // A backend that is not there is no fault of the replay, and the SDK has said so through its own diagnostics.
  } finally {
    clearTimeout(timer);
  }
}

/** Ends the process soon, with the exit code that is set by then, whatever still runs in it. */
export function endSoon(): void {
  const end = (): void => {
    // What is written to a pipe may still be on its way, so both streams are asked first.
    process.stdout.write('', () =>
      process.stderr.write('', () => {
        // oxlint-disable-next-line unicorn/no-process-exit -- the program may keep the process alive for ever.
        process.exit();
      }),
    );
  };
  setTimeout(end, LINGER_MILLIS).unref();
}
