import type { Rule } from '../rule.ts';
import { sourcesOf } from '../sources.ts';
import { secretIn } from './literal-secret.ts';

/** What texts about addresses write where a password goes. */
const example = /^(?:pass\w*|secret|pwd?|x+|\*+|[<{%$[].*)$/i;

/** Secrets that lie in the source, also in what is commented out. */
export const secretInSource: Rule = {
  id: 'secret-in-source',
  severity: 'warning',
  finds: 'A key, password or token stands in the source of a service that is built, also where it is commented out.',
  why: 'Everybody who reads the repository or pulls the image has it, also after it was changed.',
  fix: 'Change it, keep the new one with `berth secret set NAME`, and read it from a variable or a file.',
  *find(facts) {
    for (const { service, source } of sourcesOf(facts)) {
      for (const { name, text, place } of source.texts ?? []) {
        const found = secretIn(name, text);
        if (found === undefined || (found.what === 'a secret' && !isMixed(text)) || example.test(found.secret)) continue;
        const named = name === '' ? '' : ` in \`${name}\``;
        yield { mark: service.mark, message: `the source of \`${service.name}\` holds ${found.what}${named} (${place})` };
      }
    }
  },
};

/** Sources are full of words about secrets; a secret itself is no word and no sentence. */
function isMixed(text: string): boolean {
  return text.length >= 8 && !/[\s{}<>]/.test(text) && /[a-z]/i.test(text) && /\d/.test(text);
}
