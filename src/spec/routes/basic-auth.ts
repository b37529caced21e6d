import type { Context } from '../resolve/context.ts';
import { entriesOf, isNull, itemsOf, type Node } from '../text/node.ts';
import { hashProblem } from '../text/route-forms.ts';
import { scalarText } from '../text/scalar.ts';
import type { Mark } from '../text/source.ts';

/** How a hash is made, for whoever wrote a password. */
export const hashHint =
  'Make a hash with `openssl passwd -5` (or `htpasswd -nB USER`), and write each `$` of it twice: Compose reads one as a variable.';

/** Users and hashes of `basicAuth`: a mapping, or lines of `user:hash`. No message ever shows a password. */
export function readUsers(node: Node | undefined, context: Context): Record<string, string> | undefined {
  if (node === undefined) return undefined;
  const users: Record<string, string> = {};
  const add = (user: string, hash: string, mark: Mark): void => {
    const wrong = userProblem(user) ?? hashProblem(hash);
    if (wrong !== undefined) refuse(mark, userProblem(user) === undefined ? `the password of \`${user}\` ${wrong}` : wrong, context);
    else if (Object.hasOwn(users, user)) context.problems.error(mark, `the user \`${user}\` is there twice`, { secret: true });
    else users[user] = hash;
  };
  for (const [user, { value, key }] of entriesOf(node)) add(user, textOf(value), key);
  for (const item of itemsOf(node)) {
    const [, user = '', hash = ''] = /^([^:]*):(.*)$/s.exec(textOf(item)) ?? [];
    add(user, hash, item.mark);
  }
  if (Object.keys(users).length === 0 && entriesOf(node).length + itemsOf(node).length === 0)
    context.problems.error(node.mark, '`basicAuth` names no user, so nobody could come in');
  return users;
}

/** What keeps a text from being a user: HAProxy reads the list of users word by word. */
export function userProblem(user: string): string | undefined {
  return /^[^\s:"'\\#$]{1,100}$/.test(user)
    ? undefined
    : 'a user is `NAME: HASH` or `NAME:HASH`; the name holds no blanks, quotes, `:`, `$` and `#`';
}

function refuse(mark: Mark, message: string, context: Context): void {
  context.problems.error(mark, message, { hint: hashHint, secret: true });
}

function textOf(node: Node): string {
  return node.kind === 'scalar' && !isNull(node) ? scalarText(node.value) : '';
}
