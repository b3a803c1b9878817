// The sources as these tests read them: each file under src/ with what it imports.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** One file under src/. */
export interface SourceFile {
  /** From src/, as in `value/capture.ts`. */
  readonly path: string;
  /** `value`, or the name of a file that lies in no folder, as in `errors`. */
  readonly room: string;
  readonly syntax: ts.SourceFile;
  /** What it imports, in any form: statically, as types, by `import()`, by `require`. */
  readonly imports: readonly string[];
}

/** All of src/ but tests and their fixtures. */
export function readSources(): SourceFile[] {
  const src = join(checkout, 'src');
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[jt]s$/.test(path) && !/\.(?:test|fixture|d)\.ts$/.test(path))
    .sort()
    .map((path) => {
      const text = readFileSync(join(src, path), 'utf8');
      const imports = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
      return { path, room: roomOf(path), syntax: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true), imports: [...new Set(imports)] };
    });
}

/** The file under src/ that an import names; undefined for a package or a module of Node. */
export function targetOf(file: SourceFile, specifier: string): string | undefined {
  return specifier.startsWith('.') ? relative('.', join(dirname(file.path), specifier)) : undefined;
}

/** The folder of a path from src/, or its own name where it lies in none. */
export function roomOf(path: string): string {
  const [first = '', ...rest] = path.split('/');
  return rest.length > 0 ? first : first.replace(/\.[jt]s$/, '');
}

/** Every place of a kind in a file, as `path:line text`. */
export function findIn<T extends ts.Node>(file: SourceFile, wanted: (node: ts.Node) => node is T): { readonly node: T; readonly at: string }[] {
  const found: { node: T; at: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (wanted(node)) {
      const { line } = file.syntax.getLineAndCharacterOfPosition(node.getStart(file.syntax));
      const [text = ''] = node.getText(file.syntax).split('\n');
      found.push({ node, at: `${file.path}:${line + 1} ${text}` });
    }
    ts.forEachChild(node, visit);
  };
  visit(file.syntax);
  return found;
}
