// What the environment says about the services themselves, under the names that their own tools read. Most clients look
// there by themselves; this is for where they do not. Options of ours are read in `setup`.

/** The value of a variable, where an empty one counts as absent. */
export function serviceVariable(name: `AWS_${string}` | `AZURE_${string}` | `STORAGE_${string}`): string | undefined {
  return process.env[name] || undefined;
}
