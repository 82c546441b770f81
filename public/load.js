// Loads a module when it is needed.

const loads = {};
let tries = 0;

/** Each runs once. A browser may keep the failure of an address for good: another try has another one. */
export const load = (name) => (loads[name] ??= import(`./${name}.js`)
  .catch(() => import(`./${name}.js?try=${(tries += 1)}`))
  .catch((problem) => {
    delete loads[name];
    throw problem;
  }));
