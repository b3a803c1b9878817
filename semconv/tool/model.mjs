// @ts-check
// Reads the registry's YAML files. It says what is in them and where, and judges nothing beyond "this is not YAML":
// check.mjs holds the rules, generate.mjs takes a model that has passed them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';

/**
 * @typedef {{ file: string, id: string, message: string }} Finding
 * @typedef {{ file: string, content: unknown }} SourceFile
 * @typedef {{ manifest: SourceFile | undefined, own: SourceFile[], imported: SourceFile[], findings: Finding[] }} Source
 */

export const MANIFEST = 'manifest.yaml';

/** Stand-ins for registries that are not fetched: what is defined here can be referred to, and is not ours. */
export const IMPORTS = '.imports/';

/**
 * Parses files given by name and text. Names are relative to the registry's folder, with forward slashes.
 *
 * A file that is not YAML becomes a finding and is left out; a key given twice in one map counts as not YAML.
 *
 * @param {Record<string, string>} files
 * @returns {Source}
 */
export function parseSource(files) {
  /** @type {Source} */
  const source = { manifest: undefined, own: [], imported: [], findings: [] };
  for (const [file, text] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
    // prettyErrors adds an excerpt over several lines; a finding is one line.
    const document = parseDocument(text, { prettyErrors: false });
    if (document.errors.length > 0) {
      for (const { message, pos } of document.errors) {
        const line = text.slice(0, pos[0]).split('\n').length;
        source.findings.push({ file, id: `line ${line}`, message: `not YAML: ${message}` });
      }
      continue;
    }
    const parsed = { file, content: /** @type {unknown} */ (document.toJS()) };
    if (file === MANIFEST) source.manifest = parsed;
    else if (file.startsWith(IMPORTS)) source.imported.push(parsed);
    else source.own.push(parsed);
  }
  return source;
}

/**
 * Reads and parses every YAML file below a folder.
 *
 * @param {string} folder
 * @returns {Source}
 */
export function readSource(folder) {
  /** @type {Record<string, string>} */
  const files = {};
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = entry.replaceAll('\\', '/');
    if (/\.ya?ml$/.test(file)) files[file] = readFileSync(join(folder, entry), 'utf8');
  }
  return parseSource(files);
}
