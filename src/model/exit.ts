/** Signals that end a process, by number (Linux, x86 and ARM). */
const signals: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
};

/** An exit code in words: `137: killed (SIGKILL), out of memory`. */
export function explainExit(code: number, oomKilled: boolean): string {
  if (oomKilled) return `${code}: killed (SIGKILL), out of memory`;
  if (code === 0) return '0: it ended by itself, without an error';
  if (code === 125) return '125: the engine could not run it';
  if (code === 126) return '126: the command is not executable';
  if (code === 127) return '127: the command was not found';
  const signal = signals[code - 128];
  if (signal === 'SIGTERM') return `${code}: asked to stop (SIGTERM)`;
  if (signal === 'SIGKILL') return `${code}: killed (SIGKILL)`;
  if (signal !== undefined) return `${code}: ended by ${signal}`;
  return `${code}: it ended with an error of its own`;
}
