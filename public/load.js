// Loads a module when it is needed.

let tries = 0;

/** A browser may keep the failure of an address for good: another try has another one. */
export async function load(name) {
  try {
    return await import(`./${name}.js`);
  } catch {
    tries += 1;
    return import(`./${name}.js?try=${tries}`);
  }
}
