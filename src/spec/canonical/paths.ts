import path from 'node:path';

/** What relative paths and `~` stand for. */
export type Base = { readonly directory: string; readonly home: string | undefined };

/** A path of the file as an absolute one; `~` is the home directory. */
export function absolutePath(written: string, base: Base): string {
  const expanded = base.home !== undefined && /^~(?:\/|$)/.test(written) ? path.join(base.home, written.slice(1)) : written;
  return path.resolve(base.directory, expanded);
}

/** Whether a build context is fetched from elsewhere: a URL or a Git address. */
export function isRemoteContext(context: string): boolean {
  return /^(?:https?|git|ssh|oci|docker-image):\/\/|^git@|^github\.com\/|^service:/.test(context);
}

/** Whether a path lies in a directory, or is it. */
export function isWithin(file: string, directory: string): boolean {
  return file === directory || file.startsWith(directory === '/' ? '/' : `${directory}/`);
}
