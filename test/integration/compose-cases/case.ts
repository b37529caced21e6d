/** One application that berth and Compose must understand alike. */
export type Case = {
  readonly name: string;
  /** Texts by path; `compose.yaml` is the file that is found unless flags say otherwise. */
  readonly files: Readonly<Record<string, string>>;
  /** Flags that both take: `-f`, `-p`, `--profile`, `--env-file`. */
  readonly flags?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** Compose rejects it, and so must berth. */
  readonly rejected?: true;
  /** Only newer Compose knows it: the command of compose-go is asked. */
  readonly newer?: true;
};

/** One case for each text that a service has besides an image: `KEY: VALUE` in flow or block style. */
export function services(area: string, texts: readonly string[], more: Partial<Case> = {}): Case[] {
  return texts.map((text) => ({
    name: `${area}: ${text.replaceAll('\n', ' ⏎ ')}`,
    ...more,
    files: { 'compose.yaml': `services:\n  web:\n    image: nginx\n${indent(text, 4)}`, ...more.files },
  }));
}

/** One case for each whole file. */
export function files(area: string, texts: readonly string[], more: Partial<Case> = {}): Case[] {
  return texts.map((text) => ({
    name: `${area}: ${text.replaceAll('\n', ' ⏎ ').slice(0, 160)}`,
    ...more,
    files: { 'compose.yaml': `${text}\n`, ...more.files },
  }));
}

function indent(text: string, by: number): string {
  return `${text
    .split('\n')
    .map((line) => ' '.repeat(by) + line)
    .join('\n')}\n`;
}
