// What a command sees of its process. Tests give their own, so that nothing has to be spawned to see what is printed.

/** One of the two streams that a command writes to. */
export interface Output {
  write(text: string): void;
  /** Whether a person reads it: what is written may then be coloured, indented, or progress. */
  readonly isTerminal: boolean;
  /** Width of the terminal, or of a page. */
  readonly columns: number;
  /** Whether its reader went away, as `head` does. What is written then goes nowhere. */
  readonly closed: boolean;
}

/** The process around a command. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

const PAGE_COLUMNS = 90;

/** The real process. */
export function processIo(): Io {
  return { stdout: outputOf(process.stdout), stderr: outputOf(process.stderr), env: process.env, cwd: process.cwd() };
}

function outputOf(stream: NodeJS.WriteStream): Output {
  // Taken now: what a replayed program prints may be sent elsewhere later.
  const write = stream.write.bind(stream);
  let closed = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has seen enough. Any other fault (a full disk) must not pass for success.
    if (error.code !== 'EPIPE') throw error;
    closed = true;
  });
  return {
    write(text) {
      if (!closed) write(text);
    },
    isTerminal: stream.isTTY === true,
    columns: stream.columns ?? PAGE_COLUMNS,
    get closed() {
      return closed;
    },
  };
}
