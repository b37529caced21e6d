import { child } from '../../text/node.ts';
import { repositoryOf } from '../images.ts';
import type { Rule } from '../rule.ts';

/** Images whose content changes under the same name. */
export const imageTag: Rule = {
  id: 'image-tag',
  severity: 'warning',
  finds: 'An image has the tag `latest`, or none.',
  why: 'The next machine, or the next pull, gets another program under the same name; nobody decided it, and the file cannot say what runs.',
  fix: 'Name a version, such as `postgres:17`; best with its digest (`@sha256:…`).',
  *find({ services }) {
    for (const { name, node, model } of services) {
      const { image } = model;
      if (image === undefined || image === '' || model.build !== undefined || image.includes('@')) continue;
      const tag = image.slice(repositoryOf(image).length + 1);
      if (tag !== '' && tag !== 'latest') continue;
      const mark = child(node, 'image')?.mark ?? node.mark;
      yield { mark, message: `the image of \`${name}\` (\`${image}\`) has ${tag === '' ? 'no tag' : 'the tag `latest`'}` };
    }
  },
};
