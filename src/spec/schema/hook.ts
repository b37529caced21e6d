import { acts, assignments, boolean, command, object, string, type Shape } from './shape.ts';

/** A command that is run in a container that runs already: `post_start`, `pre_stop`, `develop.watch[].exec`. */
export const hook: Shape = object(
  {
    command: acts(command, 'What is run in the container.'),
    user: acts(string, 'As whom.'),
    privileged: acts(boolean, 'With every capability.'),
    working_dir: acts(string, 'Where.'),
    environment: acts(assignments, 'With which variables besides those of the container.'),
  },
  ['command'],
);
