import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const limitBytes = 5 * 1024 * 1024;

/** A log in a file that never grows beyond twice its limit: the full one becomes `<path>.1`. */
export class LogFile {
  readonly #path: string;
  #file: number;
  #sizeBytes: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'a', 0o600);
    this.#sizeBytes = fstatSync(this.#file).size;
  }

  write(line: string): void {
    try {
      this.#sizeBytes += writeSync(this.#file, line);
      if (this.#sizeBytes > limitBytes) this.#turn();
    } catch {
      // A full disk must not end the server for want of a log line; the journal reports it to the user.
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #turn(): void {
    renameSync(this.#path, `${this.#path}.1`);
    closeSync(this.#file);
    this.#file = openSync(this.#path, 'a', 0o600);
    this.#sizeBytes = 0;
  }
}
