// Kept equal to package.json by a test: reading the file at run time would tie the package to its place on disk.

/** Version of this package. */
export const VERSION = '0.1.0';
