/** How the loader reaches files; the CLI gives the disk, tests a map. Paths are absolute. */
export type Reader = {
  /** The bytes of a file, or undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** The bytes that are there now, where `read` may know the file from before; as `read` when left out. */
  readAgain?(path: string): Promise<Uint8Array | undefined>;
  /** Whether a file or directory is there; when left out, `read` decides, and directories are not checked. */
  exists?(path: string): Promise<boolean>;
  /** The path without symbolic links, or undefined when there is nothing. */
  realpath?(path: string): Promise<string | undefined>;
  /** Names in a directory; only for better hints. */
  list?(path: string): Promise<readonly string[]>;
};

/** Whether a file is there. */
export async function hasFile(reader: Reader, path: string): Promise<boolean> {
  if (reader.exists !== undefined) return reader.exists(path);
  return (await reader.read(path)) !== undefined;
}

/** Why nothing can be read where a file should be, after its name: where a mount had no file, engines make a directory. */
export async function absence(reader: Reader, path: string): Promise<'does not exist' | 'is a directory'> {
  return (await reader.exists?.(path)) === true ? 'is a directory' : 'does not exist';
}

/** A reader that reads each file once; many services name the same env file, many files the same directory. */
export function readOnce(reader: Reader): Reader {
  const read = new Map<string, Promise<Uint8Array | undefined>>();
  return {
    ...reader,
    readAgain: (path) => reader.read(path),
    read(path) {
      const known = read.get(path) ?? reader.read(path);
      read.set(path, known);
      return known;
    },
  };
}

/** The same reader for files that may change meanwhile: each time it answers what is there now. */
export function readAnew(reader: Reader): Reader {
  return { ...reader, read: (path) => reader.readAgain?.(path) ?? reader.read(path) };
}
