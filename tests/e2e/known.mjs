// Tests that fail because of a known bug of the page. They run and are reported as "todo", so that a bug that is cured is
// seen and its name can be taken out; nothing may be put in to make a red run green.

export const KNOWN = new Set([
]);
