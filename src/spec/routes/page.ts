import { absolutePath } from '../canonical/paths.ts';
import type { Context } from '../resolve/context.ts';
import { missing } from '../resolve/environment.ts';
import { textAt } from '../resolve/get.ts';
import { staysInside } from '../resolve/grants.ts';
import { entriesOf, type Node } from '../text/node.ts';
import { decodeText } from '../text/source.ts';

/** HAProxy answers with a page only if it fits, with its headers, into one buffer of 16 KiB (`config/pages.ts` of the adapter). */
const longestPage = 14_000;

/** The HTML of a page that the file names; what keeps it from being one is reported. */
export async function readPage(node: Node, context: Context): Promise<string | undefined> {
  const written = textAt(node);
  if (written === undefined || written === '') return undefined;
  const file = absolutePath(written, context.base);
  const shown = context.show(file);
  if (!(await staysInside(file, node.mark, context))) {
    context.problems.error(node.mark, `the page ${shown} is outside the project`, { hint: 'Write its absolute path if that is meant.' });
    return undefined;
  }
  const bytes = await context.reader.read(file);
  if (bytes === undefined) {
    await missing(node.mark, 'page', file, context);
    return undefined;
  }
  if (bytes.length > longestPage) {
    context.problems.error(node.mark, `the page ${shown} has ${String(bytes.length)} bytes; the proxy can keep ${String(longestPage)}`, {
      hint: 'Leave images and styles out, or name them by the address of another service.',
    });
    return undefined;
  }
  const decoded = decodeText(bytes);
  if ('text' in decoded) return decoded.text;
  context.problems.error(node.mark, `the page ${shown} cannot be read: ${decoded.problem}`);
  return undefined;
}

/** The pages of an `errorPages` mapping, by status. */
export async function readPages(node: Node | undefined, context: Context): Promise<Record<string, string>> {
  const pages: Record<string, string> = {};
  for (const [status, { value }] of entriesOf(node)) {
    const page = await readPage(value, context);
    if (page !== undefined) pages[status] = page;
  }
  return pages;
}
