/** The path of a Python that has what readers/python needs; see python-environment.mjs. */
export declare function pythonWithProtobuf(): string;
