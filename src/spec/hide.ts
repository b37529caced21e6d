const sensitive = /pass(?:word|wd|phrase)?$|^pass|secret|token|credential|api_?key|private_?key|access_?key|encryption_?key|_dsn$|^dsn$/i;

/** Whether a name is one that secrets have. */
export function isSensitive(key: string): boolean {
  return sensitive.test(key);
}

/** What is shown in place of a value that may be a secret. */
export const hidden = '(hidden)';

/** A value as it may be shown: not at all under a name that secrets have, and without the password of an address. */
export function shown(key: string, value: string): string {
  if (isSensitive(key) && value !== '') return hidden;
  return value.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/gi, `$1${hidden}@`);
}
