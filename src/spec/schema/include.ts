import { acts, either, listOf, object, string, stringOrList, type Shape } from './shape.ts';

/** The top-level `include`. */
export const include: Shape = listOf(
  either(
    string,
    object({
      path: acts(stringOrList, 'The files that are included, each laid over the one before.'),
      project_directory: acts(string, 'What their relative paths start from; the directory of the first when left out.'),
      env_file: acts(
        stringOrList,
        'Where their variables come from when the process and the files above have none; `.env` of their directory when left out.',
      ),
    }),
  ),
);

/** `services.*.extends` */
export const extension: Shape = either(
  string,
  object(
    {
      service: acts(string, 'The service whose keys are taken.'),
      file: acts(string, 'The file that it is in; this one when left out. Its relative paths start from its own directory.'),
    },
    ['service'],
  ),
);
