import type { LogRecord } from '../../contract/index.ts';
import { moment } from '../format.ts';
import { pad, type Style } from '../style.ts';

const colours = ['cyan', 'yellow', 'green', 'magenta', 'blue'] as const;

/** Makes lines of log records: `web-1  | text`, each instance in a colour of its own, the names in one column. */
export function createLogLines(app: string, style: Style, how: { readonly timestamps: boolean }): (record: LogRecord) => string {
  const colourOf = new Map<string, (typeof colours)[number]>();
  let width = 0;
  return ({ instance, atMs, text }) => {
    const name = instance.startsWith(`${app}-`) ? instance.slice(app.length + 1) : instance;
    const colour = colourOf.get(name) ?? colours[colourOf.size % colours.length] ?? 'cyan';
    colourOf.set(name, colour);
    width = Math.max(width, name.length);
    return `${style[colour](`${pad(name, width)}  |`)} ${how.timestamps ? `${moment(atMs)} ` : ''}${text}`;
  };
}
