/** The path of a Node executable of this major version; see node-binary.mjs. */
export declare function nodeBinary(major: number): string;
