import { acts, dictionaryOf, listOf, object, string, type Shape } from './shape.ts';

/** The top-level `x-berth.environments` */
export const projectEnvironments: Shape = object({
  from: acts(listOf(string), 'Variables that name the environment when neither `-e` nor `BERTH_ENV` does; the first that is set counts.'),
  map: acts(dictionaryOf(string), 'Other words for environments, such as `production: prod`; a word that is not here is taken as it is.'),
  default: acts(string, 'The environment when none of the variables is set; without it there is none, and `compose.override.yaml` counts.'),
});
