import { isSensitive } from '../../hide.ts';
import { child } from '../../text/node.ts';
import type { Rule } from '../rule.ts';
import { textsOf } from '../values.ts';

/** Secrets that are given to a build as arguments. */
export const secretBuildArgument: Rule = {
  id: 'secret-build-argument',
  severity: 'warning',
  finds: 'A build argument has the name of a secret.',
  why: 'The history of the image keeps every build argument: who can pull the image can read it.',
  fix: 'Give it as a build secret (`build.secrets`), and mount it in the Dockerfile: `RUN --mount=type=secret,id=NAME`.',
  *find({ services }) {
    for (const { name, node } of services) {
      for (const [argument, { node: value, text }] of textsOf(child(node, 'build', 'args')))
        if (isSensitive(argument) && text !== '')
          yield { mark: value.mark, message: `\`services.${name}.build.args.${argument}\` stays in the image` };
    }
  },
};
